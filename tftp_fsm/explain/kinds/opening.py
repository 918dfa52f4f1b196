"""Findings of the opening: the request, its answer, options, addresses."""

from __future__ import annotations

from tftp_fsm.explain.kinds.kind import Kind
from tftp_fsm.language import mark

OPENING: dict[str, Kind] = {
    "no-answer": Kind(
        "trouble",
        mark("The request got no answer."),
        "RFC 1350 section 4",
        mark(
            "no server at this address and port, or a firewall between it and the capture; a "
            "server that does not want to serve answers with ERROR; or the capture has port 69 "
            "only, and answers come from another port: capture all of UDP"
        ),
    ),
    "asked-at-end": Kind(
        "note",
        mark("the capture ends too soon after it to tell whether an answer came"),
        "",
        mark("the capture was stopped; capture for longer"),
    ),
    "asked-beside": Kind(
        "note",
        mark(
            "answers to both requests are counted with the second one; two networks (VLANs) "
            "with the same addresses look the same"
        ),
        "RFC 1350 section 4",
        mark("a program that asks for two files from one port, or a capture of two networks"),
    ),
    "new-port-blocked": Kind(
        "trouble",
        mark(
            "The server answered from its new port, and the client asked again as if it heard "
            "nothing."
        ),
        "RFC 1350 section 4",
        mark(
            "a firewall or NAT that lets the request through and drops the answer, because it "
            "comes from another port than 69; let UDP from the server pass, load the TFTP helper "
            "of the firewall, or have the server answer from one port (--single-port, "
            "--port-range)"
        ),
    ),
    "oack-unacknowledged": Kind(
        "trouble",
        mark("The OACK was never acknowledged."),
        "RFC 2347",
        mark(
            "the client does not know options and waits for DATA, or it refuses an option and "
            "says nothing, or the OACK does not reach it"
        ),
    ),
    "answer-unacknowledged": Kind(
        "trouble",
        mark("The client did not go on after the answer to its request."),
        "RFC 1350 section 4",
        mark(
            "the client has left, or a firewall or NAT drops what comes from the server's new port"
        ),
    ),
    "wrong-reply": Kind(
        "departure",
        mark("The answer does not fit the request."),
        "RFC 1350 section 4",
        mark(
            "the server took the request for one of the other direction, or another program "
            "listens there; a client that goes on may lose data (CVE-2026-92389)"
        ),
    ),
    "wrong-reply-taken": Kind(
        "departure",
        mark("The client took an answer that does not fit its request."),
        "RFC 1350 section 4",
        mark("the client does not compare the answer with its request (CVE-2026-92389)"),
    ),
    "request-unreadable": Kind(
        "departure",
        mark("The request cannot be read."),
        "RFC 1350 section 5",
        mark(
            "a client with a mistake: a field or its NUL is missing, or the opcode has its octets "
            "in another order"
        ),
    ),
    "request-odd": Kind(
        "note",
        mark("a request that can be read, though it is not as the RFCs have it"),
        "RFC 1350 section 5, RFC 2347",
        mark("a client with a mistake that many servers tolerate"),
    ),
    "wrong-mode": Kind(
        "departure",
        mark("The request has a mode that no server knows."),
        "RFC 1350 section 1",
        mark(
            "a client with a setting of its own for the mode; only octet and netascii exist, and "
            "mail is obsolete"
        ),
    ),
    "netascii-raw": Kind(
        "departure",
        mark("The data is not netascii, though the request asked for it."),
        "RFC 1350 section 1, RFC 764",
        mark("a sender that ignores the mode and sends the file as it is; ask in mode octet"),
    ),
    "netascii-cr": Kind(
        "departure",
        mark("A CR is alone, though the request asked for netascii."),
        "RFC 1350 section 1, RFC 764",
        mark(
            "a sender that ends lines with CR LF and sends any other CR as it is, or one that "
            "ignores the mode; ask in mode octet"
        ),
    ),
    "netascii-binary": Kind(
        "trouble",
        mark("A file that is not a text is moved in mode netascii."),
        "RFC 1350 section 1",
        mark(
            "the client's default mode is netascii (old tftp programs: `binary` changes it); "
            "octets 13 and 10 are changed on the way, so use mode octet"
        ),
    ),
    "option-unasked": Kind(
        "departure",
        mark("The OACK has an option that was not asked for, or a value that is not allowed."),
        "RFC 2347",
        mark(
            "a server that adds options that were not offered, or a middlebox that changes "
            "options; the two ends may follow different rules from here on"
        ),
    ),
    "option-refused": Kind(
        "trouble",
        mark("The options were refused."),
        "RFC 2347",
        mark(
            "a server that answers ERROR instead of leaving an option out, or a client that does "
            "not want what the OACK says; ask without options, or with other values"
        ),
    ),
    "refused-once": Kind(
        "trouble",
        mark("The request was refused, and the client asked once more, without options."),
        "RFC 2347",
        mark(
            "a server that refuses options with another code than 8; or the reason is not the "
            "options: the message says why"
        ),
    ),
    "option-invalid": Kind(
        "departure",
        mark("The request has an option with a value that is not allowed."),
        "RFC 2348, RFC 2349, RFC 7440",
        mark("a wrong setting of the client"),
    ),
    "another-address": Kind(
        "departure",
        mark("The answer came from another address than was asked."),
        "RFC 1122 section 4.1.3.5, RFC 1350 section 4",
        mark(
            "a server with several addresses that answers from the first one: bind it to the "
            "address that clients ask"
        ),
    ),
    "another-port": Kind(
        "departure",
        mark("An end changed its port in mid-transfer."),
        "RFC 1350 section 4",
        mark(
            "NAT that forgot the connection and gave it a new port, or a server that opens a new "
            "socket for each packet"
        ),
    ),
    "two-sessions": Kind(
        "trouble",
        mark("The server began two transfers for one request."),
        "RFC 1350 section 4",
        mark(
            "a server that starts a process for each request that it hears, also for a repeated "
            "one (tftpd-hpa, atftpd, dnsmasq)"
        ),
    ),
    "probed": Kind(
        "note",
        mark("the client asked for the size only"),
        "RFC 2349",
        mark("boot programs (PXE, U-Boot, Raspberry Pi) ask for tsize first and end with ERROR"),
    ),
    "refused": Kind(
        "trouble",
        mark("The request was refused."),
        "RFC 1350 section 7",
        mark(
            "the message says why: a name that does not exist, missing rights, or a server "
            "that does not allow writing"
        ),
    ),
}
