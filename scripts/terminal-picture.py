#!/usr/bin/env python3
"""terminal-picture.py TITLE COLUMNS: the text of a terminal (UTF-8 with SGR escapes) on standard input, as SVG."""
import re
import sys
from xml.sax.saxutils import escape

COLOURS = {31: "#ff6b68", 32: "#5fd068", 33: "#e8b339", 34: "#6ea8fe", 36: "#4fc3c7"}
INK, FAINT, PAPER, WIDTH, LINE, PAD, HEAD = "#d7dce3", "#7d8794", "#161b22", 8.0, 18, 14, 30


def runs(line):
    """Pieces of one style: column, text, colour, whether bold."""
    column, colour, bold, faint = 0, None, False, False
    for part in re.split(r"(\x1b\[[0-9;]*m)", re.sub(r"\x1b\([A-Z]|\x0f", "", line)):
        if not part.startswith("\x1b"):
            if part:
                yield column, part, colour or (FAINT if faint else INK), bold
                column += len(part)
            continue
        for code in (int(number or 0) for number in part[2:-1].split(";")):
            if code == 0:
                colour, bold, faint = None, False, False
            elif code == 1:
                bold = True
            elif code == 2:
                faint = True
            elif code == 22:
                bold = faint = False
            elif code == 39:
                colour = None
            elif code in COLOURS:
                colour = COLOURS[code]


title, columns = sys.argv[1], int(sys.argv[2])
lines = sys.stdin.read().rstrip().split("\n")
width, height = columns * WIDTH + 2 * PAD, len(lines) * LINE + HEAD + PAD
print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" role="img">')
print(f"<title>{escape(title)}</title>")
print(f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>')
for number, colour in enumerate(["#ff5f57", "#febc2e", "#28c840"]):
    print(f'<circle cx="{PAD + 6 + number * 18}" cy="15" r="5.5" fill="{colour}"/>')
print('<g font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="13">')
for row, line in enumerate(lines):
    for column, text, colour, bold in runs(line):
        if not text.strip():
            continue
        y = HEAD + 14 + row * LINE
        style = ' font-weight="bold"' if bold else ""
        # Blocks are drawn, since fonts do not agree on their width; words that stand apart are placed one by one.
        for piece in re.finditer(r"█+|░+|[^█░ ]+(?: [^█░ ]+)*", text):
            x, width, word = PAD + (column + piece.start()) * WIDTH, len(piece[0]) * WIDTH, piece[0]
            if word[0] in "█░":
                opacity = "" if word[0] == "█" else ' opacity=".35"'
                print(f'<rect x="{x:.0f}" y="{y - 11}" width="{width:.0f}" height="13" fill="{colour}"{opacity}/>')
            else:
                print(f'<text x="{x:.0f}" y="{y}" fill="{colour}"{style} textLength="{width:.0f}">{escape(word)}</text>')
print("</g></svg>")
