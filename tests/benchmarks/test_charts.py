import xml.etree.ElementTree as ET

from benchmarks.charts import draw
from benchmarks.results import Row, compare

_ROWS = [
    Row("echo <fast>", "/s", ("ours", "rate"), ("bare", "rate"), ">= 0.6"),
    Row("slow", "µs", ("ours", "us"), ("bare", "us"), "<= 2.5"),
    Row("memory", "KB", ("ours", "kilobytes"), None, "<= 4"),
]
_ROUNDS = [
    {"ours": {"rate": 7.0, "us": 1e9, "kilobytes": 3.0}, "bare": {"rate": 10.0, "us": 1.0}},
]
_SVG = "{http://www.w3.org/2000/svg}"


def test_the_chart_shows_what_has_a_reference() -> None:
    chart = ET.fromstring(draw(compare(_ROWS, _ROUNDS)))
    texts = [text.text for text in chart.iter(f"{_SVG}text")]
    assert "echo <fast>" in texts
    assert "slow" in texts
    assert "memory" not in texts


def test_bars_stay_inside_the_chart_and_show_whether_the_goal_is_reached() -> None:
    chart = ET.fromstring(draw(compare(_ROWS, _ROUNDS)))
    width = float(chart.attrib["viewBox"].split()[2])
    bars = list(chart.iter(f"{_SVG}rect"))[1:]
    assert [bar.attrib["fill"] for bar in bars] == ["#2f7d5b", "#b4562f"]
    assert all(float(bar.attrib["x"]) + float(bar.attrib["width"]) < width for bar in bars)
