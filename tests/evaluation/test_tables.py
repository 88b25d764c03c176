"""Tables as text, Markdown and HTML."""

from vostut.evaluation.tables import align, html_table, markdown_table


def test_text_is_aligned_below_a_rule():
    rows = [["sequence", "J", "T"], ["bear", "0.900", "1.000*"], ["dog-agility", "-0.1", ""]]
    assert align(rows).splitlines() == [
        "sequence         J       T",
        "-----------  -----  ------",
        "bear         0.900  1.000*",
        "dog-agility   -0.1",
    ]


def test_markdown_keeps_digits_and_escapes_bars():
    text = markdown_table(["", "J", "by"], [["a|b", "0.900", "me"]], left=(0, 2))
    lines = [line.replace(" ", "") for line in text.splitlines()]
    assert lines[0] == "||J|by|"
    assert lines[2] == r"|a\|b|0.900|me|"
    ends = [(rule.startswith(":"), rule.endswith(":")) for rule in lines[1].strip("|").split("|")]
    assert ends == [(True, False), (False, True), (True, False)]


def test_html_leaves_the_looks_to_the_style_sheet():
    text = html_table(("", "J"), [["<b>a</b>", "0.900"]], classes="scores", caption="J & F")
    assert text.startswith('<table class="scores"><caption>J &amp; F</caption>')
    assert text.count('<th scope="col">') == 2
    assert "<td><b>a</b></td>" in text
    assert "0.900" in text
    assert "style" not in text


def test_a_table_without_rows():
    assert len(markdown_table(["a", "b"], []).splitlines()) == 2
    assert "<tbody>" in html_table(["a", "b"], [])  # its heads are left out by tabulate before 0.10
