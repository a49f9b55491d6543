"""Tell an alert elsewhere: to the webhook and by the mail server that the settings name, and to no other address."""

from __future__ import annotations

import logging
import smtplib
import ssl
from email.message import EmailMessage

import httpx

from answer.editions.follows import Alert
from api.settings import Settings

SECONDS = 10.0  # for a server to answer
log = logging.getLogger(__name__)


class Messenger:
    """Sends alerts as the settings say; where they name nothing, nothing is sent."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, alert: Alert) -> tuple[tuple[str, str], ...]:
        """Send an alert every way that is set; return each way with "" or with what went wrong, in Japanese."""
        ways = []
        if self.settings.alert_webhook is not None:
            ways.append(("webhook", self._post(alert)))
        if self.settings.alert_mail_to:
            ways.append(("mail", self._mail(alert)))
        return tuple(ways)

    def _post(self, alert: Alert) -> str:
        assert self.settings.alert_webhook is not None
        url = self.settings.alert_webhook.get_secret_value()
        body = {"text": text_of(alert), "label": alert.label, "then": alert.then, "now": alert.now, "time": alert.time}
        try:
            # No redirect is followed: what is sent goes to the address that was set.
            response = httpx.post(url, json=body, timeout=SECONDS, follow_redirects=False)
        except httpx.HTTPError as error:
            log.warning("the webhook for alerts did not answer: %s", type(error).__name__)
            return f"送り先が応答しません（{type(error).__name__}）"
        return "" if response.is_success else f"送り先がエラーを返しました（{response.status_code}）"

    def _mail(self, alert: Alert) -> str:
        settings = self.settings
        message = EmailMessage()
        message["Subject"] = f"典拠: {' '.join(alert.label.split())[:60]}が変わりました"
        message["From"] = settings.alert_mail_from
        message["To"] = ", ".join(settings.alert_mail_to)
        message.set_content(text_of(alert))
        try:
            with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SECONDS) as server:
                if settings.smtp_starttls:
                    server.starttls(context=ssl.create_default_context())
                if settings.smtp_user:
                    server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            log.warning("an alert could not be mailed: %s", type(error).__name__)
            return f"メールを送れません（{type(error).__name__}）"
        return ""


def text_of(alert: Alert) -> str:
    """Return an alert in words. 例: 会員数: 507企業・団体 → 648企業・団体（141企業・団体増）"""
    tail = f"（{alert.difference}）" if alert.difference else ""
    return f"{alert.label}: {f'{alert.then} → ' if alert.then else ''}{alert.now}{tail}"
