"""The demo's mail server is a real one: what is sent to it can be read."""

import smtplib
from email.message import EmailMessage
from urllib.parse import urlsplit

from portal.demo.mailbox import open_mailbox, words_of


def test_a_sent_mail_can_be_read_in_the_mailbox() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@mail.example", "b@mail.example", "새 알림"
    mail.set_content("안녕하세요.\n")

    with open_mailbox() as mailbox:
        address = urlsplit(mailbox.url)
        with smtplib.SMTP(str(address.hostname), address.port or 0, timeout=10) as connection:
            connection.send_message(mail)
        received = mailbox.mails

    assert [(one["To"], one["Subject"], words_of(one)) for one in received] == [
        ("b@mail.example", "새 알림", "안녕하세요.\n")
    ]
