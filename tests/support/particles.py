"""Texts with both forms of each Korean particle, and the correct result."""

from __future__ import annotations

PARTICLES = [
    ("파일을(를) 받았습니다", "파일을 받았습니다"),
    ("상태이(가) 바뀝니다", "상태가 바뀝니다"),
    ("'motd'을(를)", "'motd'를"),
    ("`boot.img`을(를)", "`boot.img`를"),
    ("서버(으)로, 클라이언트(으)로", "서버로, 클라이언트로"),
    ("파일(으)로 폴더(으)로 상태 값(으)로", "파일로 폴더로 상태 값으로"),
    ("ACK을(를) DATA을(를) OACK이(가) RRQ은(는)", "ACK를 DATA를 OACK가 RRQ는"),
    ("TID과(와) ERROR과(와)", "TID와 ERROR와"),
    ("0을(를) 1을(를) 2을(를) 3을(를) 4을(를)", "0을 1을 2를 3을 4를"),
    ("5을(를) 6을(를) 7을(를) 8을(를) 9을(를)", "5를 6을 7을 8을 9를"),
    ("1(으)로 3(으)로 7(으)로 10(으)로 65535(으)로", "1로 3으로 7로 10으로 65535로"),
    ("receiving이(가) idle이(가) awaiting-ack(으)로", "receiving이 idle이 awaiting-ack로"),
    ('"LOCAL"을(를) [URL]을(를) (a.txt)을(를)', '"LOCAL"을 [URL]을 (a.txt)를'),
    ("'값'(이)거나 '서버'(이)거나", "'값'이거나 '서버'거나"),
    ("receiver을(를) sorcerer이(가) tar은(는)", "receiver를 sorcerer가 tar는"),
    ("table(으)로 NAME을(를) line과(와) DIR이(가)", "table로 NAME을 line과 DIR이"),
    ("20%을(를) 0.5%(으)로 '30%'이(가)", "20%를 0.5%로 '30%'가"),
    ("receiving(수신 중)이(가) done(완료)(으)로", "receiving(수신 중)이 done(완료)으로"),
    ("awaiting-ack(ACK 대기)(으)로, error(오류)을(를)", "awaiting-ack(ACK 대기)로, error(오류)를"),
    ("DATA 3 (512옥텟)을(를)", "DATA 3 (512옥텟)을"),
    ("a.pcap을(를) b.pcapng을(를) tftp.map을(를)", "a.pcap을 b.pcapng를 tftp.map을"),
    ("'tftp://'은(는) 'x://'을(를)", "'tftp://'는 'x://'를"),
    ("loop을(를) TCP을(를) ftp(으)로", "loop를 TCP를 ftp로"),
    ("文書을(를)", "文書을(를)"),
    ("(을)를 아닌 괄호 (와) 을(를)", "(을)를 아닌 괄호 (와) 을(를)"),
]
