"""The rooms of the person protected: overview, photos, what was found, letters, and their own data."""

from portal.web.person import account, centre, export, found, home, letter_forms, letters, photos, wishes

ROOMS = (
    home.router,
    photos.router,
    found.router,
    letters.router,
    letter_forms.router,
    account.router,
    export.router,
    wishes.router,
    centre.router,
)
