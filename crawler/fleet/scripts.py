"""What happens in Valkey, each in one atomic step: handing out, taking back, agreeing again after a break.

Of every run there are `waiting`, a sorted set of entry ids, the most urgent first, and `leased`, a hash of id to
"score|holder". `holders` has until when each holder counts as alive, `runs:HOLDER` the runs it works on. `epoch` is
the moment this Valkey was first used: when it changes, everything was lost, and whoever holds leases says so again
before the first entry is handed out (GRACE).

Every script begins with the keys' common beginning in KEYS[1].
"""

_EPOCH = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local epoch = redis.call('GET', KEYS[1] .. ':epoch')
if not epoch then
  epoch = string.format('%.6f', now)
  redis.call('SET', KEYS[1] .. ':epoch', epoch)
end
"""

LEASE = (
    _EPOCH
    + """
-- ARGV: run, holder, how many, seconds a silent holder counts as alive, the epoch the caller knows, grace in seconds
local waiting, leased = KEYS[1] .. ':waiting:' .. ARGV[1], KEYS[1] .. ':leased:' .. ARGV[1]
if epoch ~= ARGV[5] then return {'epoch', epoch} end
redis.call('ZADD', KEYS[1] .. ':holders', now + ARGV[4], ARGV[2])
if now - tonumber(epoch) < tonumber(ARGV[6]) then return {'gathering'} end
local out = {}
while #out < 2 * ARGV[3] do
  local next = redis.call('ZPOPMIN', waiting)
  if #next == 0 then break end
  if redis.call('HSETNX', leased, next[1], next[2] .. '|' .. ARGV[2]) == 1 then
    out[#out + 1] = next[1]
    out[#out + 1] = next[2]
  end
end
if #out > 0 then
  redis.call('SADD', KEYS[1] .. ':runs:' .. ARGV[2], ARGV[1])
  redis.call('EXPIRE', leased, 604800)
end
return {'leased', redis.call('ZCARD', waiting), unpack(out)}
"""
)

RENEW = (
    _EPOCH
    + """
-- ARGV: holder, seconds a silent holder counts as alive, the epoch the caller knows
redis.call('ZADD', KEYS[1] .. ':holders', now + ARGV[2], ARGV[1])
if epoch ~= ARGV[3] then return epoch end
return ''
"""
)

ADD = """
-- ARGV: run, most that may wait here, then id and score of each
local waiting, leased = KEYS[1] .. ':waiting:' .. ARGV[1], KEYS[1] .. ':leased:' .. ARGV[1]
for i = 3, #ARGV, 2 do
  if redis.call('HEXISTS', leased, ARGV[i]) == 0 then redis.call('ZADD', waiting, ARGV[i + 1], ARGV[i]) end
end
-- What is less urgent waits in the store; it comes back when there is room.
redis.call('ZREMRANGEBYRANK', waiting, ARGV[2], -1)
redis.call('EXPIRE', waiting, 604800)
return redis.call('ZCARD', waiting)
"""

SETTLE = """
-- ARGV: run, holder, then ids that are settled or dropped
local leased = KEYS[1] .. ':leased:' .. ARGV[1]
local suffix = '|' .. ARGV[2]
for i = 3, #ARGV do
  local lease = redis.call('HGET', leased, ARGV[i])
  if lease and string.sub(lease, -#suffix) == suffix then redis.call('HDEL', leased, ARGV[i]) end
end
"""

AGREE = """
-- ARGV: run, holder, then id and score of each entry the holder really has; what else is under its name goes back
local waiting, leased = KEYS[1] .. ':waiting:' .. ARGV[1], KEYS[1] .. ':leased:' .. ARGV[1]
local suffix = '|' .. ARGV[2]
local has = {}
for i = 3, #ARGV, 2 do has[ARGV[i]] = ARGV[i + 1] end
local all = redis.call('HGETALL', leased)
local back = 0
for i = 1, #all, 2 do
  if string.sub(all[i + 1], -#suffix) == suffix and not has[all[i]] then
    redis.call('HDEL', leased, all[i])
    redis.call('ZADD', waiting, string.match(all[i + 1], '^[^|]+'), all[i])
    back = back + 1
  end
end
for id, score in pairs(has) do
  redis.call('HSETNX', leased, id, score .. suffix)
  redis.call('ZREM', waiting, id)
end
if next(has) then redis.call('SADD', KEYS[1] .. ':runs:' .. ARGV[2], ARGV[1]) end
return back
"""

HOLDERS = (
    _EPOCH
    + """
-- Returns for each holder its name and the seconds it still counts as alive
local all = redis.call('ZRANGE', KEYS[1] .. ':holders', 0, -1, 'WITHSCORES')
for i = 2, #all, 2 do all[i] = tostring(tonumber(all[i]) - now) end
return all
"""
)

TAKE_BACK = """
-- ARGV: holder that is gone, what the score grows by; returns run and id of everything it held
local suffix = '|' .. ARGV[1]
local back = {}
for _, run in ipairs(redis.call('SMEMBERS', KEYS[1] .. ':runs:' .. ARGV[1])) do
  local waiting, leased = KEYS[1] .. ':waiting:' .. run, KEYS[1] .. ':leased:' .. run
  local all = redis.call('HGETALL', leased)
  for i = 1, #all, 2 do
    if string.sub(all[i + 1], -#suffix) == suffix then
      redis.call('HDEL', leased, all[i])
      redis.call('ZADD', waiting, string.match(all[i + 1], '^[^|]+') + ARGV[2], all[i])
      back[#back + 1] = run
      back[#back + 1] = all[i]
    end
  end
end
redis.call('DEL', KEYS[1] .. ':runs:' .. ARGV[1])
redis.call('ZREM', KEYS[1] .. ':holders', ARGV[1])
return back
"""

TURN = (
    _EPOCH
    + """
-- ARGV: site, the least pause and how long an answer is waited for, in milliseconds, grace in seconds, who asks,
-- seconds a silent holder counts as alive. Returns how many milliseconds to wait (0: go), how many of them the site
-- itself asked for, its strikes, and the number of the turn. The next turn is booked for a pause after the answer is
-- not waited for any more; DONE makes it a pause after it came, and so does the end of whoever waits for it.
local site, holders = KEYS[1] .. ':site:' .. ARGV[1], KEYS[1] .. ':holders'
-- A Valkey that was emptied has forgotten who was asked a moment ago.
if now - tonumber(epoch) < tonumber(ARGV[4]) then return {500, 0, 0, 0} end
redis.call('ZADD', holders, 'GT', now + ARGV[6], ARGV[5])
now = now * 1000
local known = redis.call('HMGET', site, 'next_at', 'not_before', 'strikes', 'by', 'pause')
local next_at, not_before = tonumber(known[1] or 0), tonumber(known[2] or 0)
local strikes = tonumber(known[3] or 0)
if known[4] and not redis.call('ZSCORE', holders, known[4]) then
  next_at = math.min(next_at, now + math.max(tonumber(ARGV[2]), tonumber(known[5] or 0)))
  redis.call('HDEL', site, 'by')
  redis.call('HSET', site, 'next_at', string.format('%.3f', next_at))
end
local due = math.max(next_at, not_before)
if due > now then return {math.ceil(due - now), math.ceil(math.max(not_before - now, 0)), strikes, 0} end
redis.call('HSET', site, 'next_at', string.format('%.3f', now + ARGV[2] + ARGV[3]), 'by', ARGV[5], 'pause', ARGV[2])
redis.call('PEXPIRE', site, math.ceil(ARGV[2] + ARGV[3]) + 3600000)
return {0, 0, strikes, redis.call('HINCRBY', site, 'turn', 1)}
"""
)

DONE = """
-- ARGV: site, number of the turn, its pause in milliseconds. A turn that was given meanwhile stands.
local site = KEYS[1] .. ':site:' .. ARGV[1]
local known = redis.call('HMGET', site, 'turn', 'next_at')
if known[1] ~= ARGV[2] then return end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
redis.call('HSET', site, 'next_at', string.format('%.3f', math.min(tonumber(known[2] or 0), now + ARGV[3])))
redis.call('HDEL', site, 'by')
"""

ASKED_TO_WAIT = """
-- ARGV: site, milliseconds the site asked for ("" for none), first and longest pause of our own in milliseconds
local site = KEYS[1] .. ':site:' .. ARGV[1]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local strikes = redis.call('HINCRBY', site, 'strikes', 1)
local pause = tonumber(ARGV[2]) or math.min(ARGV[3] * 2 ^ (strikes - 1), ARGV[4])
local not_before = math.max(tonumber(redis.call('HGET', site, 'not_before') or 0), now + pause)
redis.call('HSET', site, 'not_before', string.format('%.3f', not_before))
redis.call('PEXPIRE', site, math.ceil(not_before - now) + 3600000)
return math.ceil(not_before - now)
"""

ANSWERED = """
-- ARGV: site
redis.call('HDEL', KEYS[1] .. ':site:' .. ARGV[1], 'strikes')
"""
