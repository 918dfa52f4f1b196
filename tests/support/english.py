"""Find English sentences in the output of a program in another language.

    assert english(output) == []

Three English words in a row are a sentence, unless each is a word of the protocol, of code or of a
command line. `ALLOWED` has phrases that stay English: names, titles of RFCs, texts of packets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ALLOWED = (
    "Sorcerer's Apprentice Syndrome",
    "show this help",
)
# Words that stay English in any language: packets, options, values, names of programs and states.
WORDS = frozenset(
    """
    RRQ WRQ DATA ACK ACKs OACK ERROR TFTP UDP IP TID RTO RFC IPv ICMP JSON SVG PNG HTML UTF ASCII
    tftp fsm tftp-fsm get put octet netascii mail blksize tsize timeout windowsize rollover
    HOST PORT REMOTE LOCAL NAME FILE DIR LIST ADDRESS URL N S P R A-B MODE LANG TRACE OCTETS
    kB MB GB ms Mbit bit s ko en auto none default stdin stdout stderr
    idle requesting receiving sending awaiting-ack dallying done failed
    tftp-hpa tftpd-hpa curl atftp atftpd BusyBox busybox dnsmasq tftpy partftpy pytftp rs-tftpd
    node-tftp aiotftp scapy Wireshark tshark tcpdump dumpcap
    read-client read-server write-client write-server
    """.split()
)
_WORD = r"[A-Za-z][A-Za-z'\u2019]*(?:-[A-Za-z]+)*"
_RUN = re.compile(rf"{_WORD}(?:[,;:]? {_WORD})+")
# Command lines, options, values of options, paths, addresses and quoted names are no sentences.
_COMMANDS = "get|put|serve|demo|debug|lab|explain|diagram|ladder|simulate|verify|probe|grade|bench"
_CODE = re.compile(
    rf"tftp-fsm (?:-\S+|HOST|{_COMMANDS}|completion|[^\s가-힣]*[.:][^\s가-힣]*)(?: [!-~]+)*|"
    r"`[^`]*`|'[^'\n]*'|\"[^\"\n]*\"|tftp://\S*|https?://\S*|(?<!\w)--?[A-Za-z][\w-]*"
    r"|\w+\([^)가-힣]*\)|\S*[/\\]\S*|\S+\.[a-z]\w+|\{[^}]*\}|<[^>]*>|\[[^]\n]*\]"
)
LEAST = 3  # words


def english(text: str, allowed: Iterable[str] = ()) -> list[str]:
    """Return the English sentences in `text`. Lines that begin with a command are examples."""
    found = []
    for line in text.splitlines():
        if re.match(r"\s*(?:\$ )?tftp-fsm(?: |$)(?!.*[가-힣])", line) and "tftp-fsm: " not in line:
            continue
        for phrase in (*ALLOWED, *allowed):
            line = line.replace(phrase, "|")
        for run in _RUN.finditer(_CODE.sub("|", line)):
            words = re.findall(_WORD, run[0])
            if sum(len(word) > 1 and word not in WORDS for word in words) >= LEAST:
                found.append(run[0])
    return found
