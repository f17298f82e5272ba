"""An SMTP server for tests: prints its port, then each mail as a line of JSON.

sink.py [--tls CERTIFICATE KEY] [--login USER PASSWORD] [--later N] [--never]

With --tls it demands STARTTLS, with --login a sign-in. --later N turns the first N mails away for the moment (451),
--never turns every mail away for good (550).
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

arguments = argparse.ArgumentParser()
arguments.add_argument("--tls", nargs=2)
arguments.add_argument("--login", nargs=2)
arguments.add_argument("--later", type=int, default=0)
arguments.add_argument("--never", action="store_true")
arguments = arguments.parse_args()


class Sink:
    def __init__(self):
        self.later = arguments.later

    async def handle_DATA(self, server, session, envelope):
        if arguments.never:
            return "550 no such mailbox here"
        if self.later > 0:
            self.later -= 1
            return "451 not now"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        line = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": mail["subject"],
            "id": mail["message-id"],
            "auto": mail["auto-submitted"],
            "text": mail.get_body(("plain",)).get_content(),
            "html": mail.get_body(("html",)).get_content(),
            "encrypted": session.ssl is not None,
            "user": session.auth_data,
        }
        print(json.dumps(line), flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    given = [data.login.decode(), data.password.decode()]
    return AuthResult(success=given == arguments.login, auth_data=given[0])


async def serve():
    tls = None
    if arguments.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*arguments.tls)
    sink = Sink()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(
            sink,
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=arguments.login is not None,
            authenticator=authenticate,
        ),
        "127.0.0.1",
        0,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
