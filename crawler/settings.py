"""Settings of the crawler: polite, bounded and quiet. One flat list; every value says why."""

import os

from crawler.fleet.connection import valkey_url
from crawler.quiet import begin_twisted_log
from egress import logs
from matchers.sightings import crawl_database_url

BOT_NAME = "watchlight"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"

# -- who we say we are ------------------------------------------------------------------------------------------
# Site owners can see who asks and whom to write to; no browser is imitated.
CONTACT = os.environ.get("WATCHLIGHT_CONTACT", "https://github.com/watchlight")
USER_AGENT = f"Watchlight/0.1 (public-source exposure monitor; +{CONTACT})"
DEFAULT_REQUEST_HEADERS = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
# Where we come from is nobody's business, and it would tell a board that it is being watched.
REFERER_ENABLED = False
REFERRER_POLICY = "no-referrer"
# Cookies would make us recognisable across sites and let us see what a first-time visitor cannot.
COOKIES_ENABLED = False

# -- where everything is kept -----------------------------------------------------------------------------------
CRAWL_DATABASE_URL = crawl_database_url(os.environ)
# Where several crawlers agree on who works on what and how fast; "" where one process works alone.
VALKEY_URL = valkey_url(os.environ)
# JOBDIR loses most of a crawl on kill -9 (scrapy#7978); the frontier in the store loses nothing.
SCHEDULER = "crawler.scheduler.FrontierScheduler"
# The frontier knows what it knows; a second memory of addresses could only disagree with it.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
# Nothing of a page or picture is written to disk: no caches, no feeds.
HTTPCACHE_ENABLED = False
FEEDS: dict[str, dict[str, str]] = {}

# -- what may be fetched ----------------------------------------------------------------------------------------
# Only http and https, with bounded headers. file:, ftp:, s3: and data: would let a page read this machine.
DOWNLOAD_HANDLERS = {
    "http": "crawler.downloads.BoundedHTTPHandler",
    "https": "crawler.downloads.BoundedHTTPHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
# The crawl dials through egress.dial; this guards whatever else connects through Twisted, as a spider may.
TWISTED_DNS_RESOLVER = "crawler.middlewares.addresses.GuardedResolver"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
# Scrapy does not verify certificates unless told to.
DOWNLOAD_VERIFY_CERTIFICATES = True
# A proxy named in the environment would dial for us, past our guard.
HTTPPROXY_ENABLED = False
# Our own middleware, closed in doubt, replaces this one.
ROBOTSTXT_OBEY = False

SPIDER_MIDDLEWARES = {
    "crawler.middlewares.outputs.GatherOutputs": 10,
    "crawler.middlewares.trails.Trails": 500,
    # Ours names statuses, depth and scope, and settles the page in the frontier.
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    # It prints every request and answer to measure them; our counts are in the metrics and the store.
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
    # A retry goes through the frontier, where it is durable and waits its time.
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    # Ours unpacks off the loop, and no more layers than servers send.
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.middlewares.unpacking.Unpacking": 590,
    "crawler.middlewares.redirects.Redirects": 600,
    "crawler.middlewares.addresses.PublicAddresses": 20,
    "crawler.middlewares.optouts.KeepOptOuts": 40,
    "crawler.middlewares.scope.Scope": 50,
    "crawler.middlewares.hours.KeepQuietHours": 55,
    "crawler.middlewares.budget.KeepBudget": 60,
    "crawler.middlewares.revisits.Revisits": 70,
    "crawler.middlewares.robots.StrictRobots": 100,
    "crawler.middlewares.pace.KeepPace": 120,
    # Last before the wire: it counts what really goes out.
    "crawler.middlewares.days.KeepDailyBudget": 130,
}
ITEM_PIPELINES = {"crawler.pipelines.Pictures": 100}

# -- bounds -----------------------------------------------------------------------------------------------------
# Scrapy's own limit is 1 GiB. Large enough for a picture from a good camera.
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# The whole answer must be there in this time: it also ends a server that sends one byte a second.
DOWNLOAD_TIMEOUT = int(os.environ.get("WATCHLIGHT_DOWNLOAD_TIMEOUT", "30"))
# A page that was cut short is asked for again; pictures override this and are decoded as far as they came.
DOWNLOAD_FAIL_ON_DATALOSS = True
REDIRECT_MAX_TIMES = 5
# A meta refresh is read by the spiders as a link, not followed blindly.
METAREFRESH_ENABLED = False
URLLENGTH_LIMIT = 4096
CONCURRENT_REQUESTS = 16
# The pace middleware spaces requests; this only bounds how many one slow host may hold. The download handler
# bounds the same for a whole registrable domain.
CONCURRENT_REQUESTS_PER_DOMAIN = 4
# 100 tasks for each response cost half of the loop's time (EVIDENCE 8c).
CONCURRENT_ITEMS = 4
# Which share of a target's pages may be rendered where scripts suggest more pictures; rendering costs 40 plain pages.
RENDER_SHARE = float(os.environ.get("WATCHLIGHT_RENDER_SHARE", "0.05"))
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 32 * 1024 * 1024

# -- manners ----------------------------------------------------------------------------------------------------
# Seconds between two requests to a site where there is no target (re-checks); a target brings its own.
RECHECK_DELAY = 1.0
# What all crawls together may ask of one registrable domain in a day, across runs: a small site must not pay for
# the number of targets, pages or pictures that happen to lie on it.
SITE_REQUESTS_A_DAY = int(os.environ.get("WATCHLIGHT_SITE_REQUESTS_A_DAY", "20000"))
SITE_MB_A_DAY = int(os.environ.get("WATCHLIGHT_SITE_MB_A_DAY", "4000"))
# Scrapy's own slots must not wait as well: our pace holds for the whole process, pictures included.
DOWNLOAD_DELAY = 0
AUTOTHROTTLE_ENABLED = False

# -- quiet ------------------------------------------------------------------------------------------------------
# Scrapy 2.19 opens a server on loopback that runs any code it is sent.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False
LOGSTATS_INTERVAL = 0
STATS_DUMP = False
LOG_LEVEL = os.environ.get("WATCHLIGHT_LOG_LEVEL", "INFO")
# Scrapy's own handler would print addresses; ours scrubs them from every line, tracebacks included.
LOG_INSTALL_ROOT_HANDLER = False
LOG_FORMATTER = "crawler.quiet.QuietFormatter"
logs.configure(LOG_LEVEL)
begin_twisted_log()

EXTENSIONS = {
    "crawler.selftest.SelfTest": 0,
    "crawler.metrics.MetricsServer": 10,
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
}
