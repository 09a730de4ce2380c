"""Files saved by hand: each read for itself."""

from datetime import date
from pathlib import Path

from meteo_core.sources.drop_folder import DropFolder
from meteo_core.sources.protocol import Delivery, MalformedDocument, SourceUnavailable
from meteo_core.stations import find_station

from .builders import FIRST_OF_MAY, HEADING, MELBOURNE, month_file

MAY = (date(2024, 5, 1), date(2024, 5, 31))


def test_files_are_given_in_order_of_name_whatever_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(month_file(FIRST_OF_MAY))
    (tmp_path / "a.csv").write_bytes(month_file(FIRST_OF_MAY.replace("05-1", "05-2")))
    (tmp_path / "notes.txt").write_text("not a file of the Bureau")

    documents = list(DropFolder(tmp_path).fetch([MELBOURNE], *MAY))

    assert [Path(document.origin).name for document in documents] == ["a.csv", "b.csv"]
    assert all(isinstance(document, Delivery) and document.source == "drop_folder" for document in documents)


def test_a_bad_file_fails_alone(tmp_path: Path) -> None:
    unknown = [line.replace("IDCJDW3050", "IDCJDW9999") for line in HEADING]
    (tmp_path / "1.csv").write_bytes(month_file(FIRST_OF_MAY, heading=unknown))
    (tmp_path / "2.csv").write_bytes(b"<html>saved web page</html>")
    (tmp_path / "3.csv").write_bytes(b"")
    (tmp_path / "4.csv").write_bytes(month_file(FIRST_OF_MAY))

    *bad, good = DropFolder(tmp_path).fetch([MELBOURNE], *MAY)

    assert [type(failure) for failure in bad] == [MalformedDocument] * 3
    assert "IDCJDW9999" in str(bad[0])
    assert isinstance(good, Delivery)


def test_files_of_other_stations_and_months_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(month_file(FIRST_OF_MAY))

    of_other_station = list(DropFolder(tmp_path).fetch([find_station("Sydney")], *MAY))
    of_other_month = list(DropFolder(tmp_path).fetch([MELBOURNE], date(2024, 6, 1), date(2024, 6, 30)))

    assert of_other_station == []
    assert of_other_month == []


def test_a_folder_that_is_not_there_is_a_failure_not_an_empty_result(tmp_path: Path) -> None:
    (failure,) = DropFolder(tmp_path / "nowhere").fetch([MELBOURNE], *MAY)

    assert isinstance(failure, SourceUnavailable)
