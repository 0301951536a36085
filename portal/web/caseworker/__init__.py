"""The rooms of those who support people: the queue, cases, letters, clients' files, and the year's numbers."""

from portal.web.caseworker import case, files, letters, machines, queue, report

ROOMS = (queue.router, case.router, letters.router, files.router, report.router, machines.router)
