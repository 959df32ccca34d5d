#!/usr/bin/python3
"""A mail server for tests: aiosmtpd on a free port of 127.0.0.1.

usage: mail-server.py FOLDER [CERTIFICATE KEY]

Writes its port to FOLDER/port and each message it takes to FOLDER/1.eml, 2.eml, ... Recipients decide what it answers:
busy@ 451, full@ 452, nobody@ 550; a subject with "reject" 554 after the data. With a certificate it wants STARTTLS and a login:
user soc, password open-sesame.
"""
import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, folder):
        self.folder, self.count = folder, 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusals = {"busy": "451 try again", "full": "452 mailbox full", "nobody": "550 no such user"}
        refusal = refusals.get(address.split("@")[0])
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if b"reject" in envelope.content:
            return "554 not this one"
        self.count += 1
        name = os.path.join(self.folder, f"{self.count}.eml")
        with open(name + ".new", "wb") as file:
            file.write(b"X-From: %s\r\nX-To: %s\r\n" % (envelope.mail_from.encode(), ",".join(envelope.rcpt_tos).encode()))
            file.write(envelope.original_content)
        os.rename(name + ".new", name)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    ok = data.login == b"soc" and data.password == b"open-sesame"
    return AuthResult(success=ok, handled=ok or False) if ok else AuthResult(success=False, handled=False)


async def main(folder, certificate=None, key=None):
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    handler = Handler(folder)

    def make():
        return SMTP(
            handler, tls_context=context, require_starttls=bool(context), auth_required=bool(context),
            authenticator=authenticate if context else None, hostname="mail.example.org")

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    with open(os.path.join(folder, "port.new"), "w") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
