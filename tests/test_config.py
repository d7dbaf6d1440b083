"""The configuration file: what its keys mean, and what is wrong in one."""

from pathlib import Path

import pytest
from platformdirs import user_config_path

from backissue.archive.settings import archive_folder
from backissue.config import config_file, load
from backissue.errors import UsageError


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("base", ["", "relative", "/etc/elsewhere"])
def test_the_file_is_where_platformdirs_says(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if base != "relative":  # which the XDG specification says to ignore
        monkeypatch.setenv("XDG_CONFIG_HOME", base)
        assert config_file() == user_config_path("backissue") / "config.toml"
    else:
        monkeypatch.setenv("XDG_CONFIG_HOME", base)
        assert config_file() == Path.home() / ".config" / "backissue" / "config.toml"


def test_without_a_file_nothing_is_set(tmp_path: Path) -> None:
    found = load(tmp_path / "config.toml", pytest.fail)
    assert (found.archive, found.publication, found.pager, found.alias) == (None, None, None, {})


def test_a_relative_archive_is_relative_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKISSUE_ARCHIVE", raising=False)
    found = load(written(tmp_path, 'archive = "letters"\n'), pytest.fail)
    assert archive_folder(None, found) == tmp_path / "letters"
    assert load(written(tmp_path, 'archive = "~/a"'), pytest.fail).archive == Path.home() / "a"


def test_an_unknown_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    said: list[str] = []
    load(written(tmp_path, 'archvie = "x"\nqqqqq = 1\n'), said.append)
    assert any("“archvie”; did you mean archive?" in line for line in said)
    assert any("“qqqqq”; keys are archive," in line for line in said)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("archive = 3", "archive is not a text"),
        ("pager = true", "pager is not a text"),
        ('colors = "red"', "colors is not a table of texts"),
        ("[alias]\nchips = 3", "alias is not a table of texts"),
        ("archive =", "is not valid TOML"),
        ('archive = "a\\u0000b"', "archive is not a text"),
        ('pager = "less\\u0000-R"', "pager is not a text"),
        ('[alias]\nchips = "search \\u0000"', "alias is not a table of texts"),
        ('[alias]\n"a\\u0000" = "search x"', "alias is not a table of texts"),
        ('archive = "~no-such-user/letters"', "no home folder “~no-such-user”"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, part: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError, match=part) as caught:
        load(file, pytest.fail)
    assert str(file) in caught.value.message or "home" in caught.value.message


@pytest.mark.parametrize("way", ["option", "variable"])
def test_the_home_of_a_user_who_is_not_here_is_named(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKISSUE_ARCHIVE", "~no-such-user/letters")
    option = "~no-such-user" if way == "option" else None
    with pytest.raises(UsageError, match="no home folder “~no-such-user”"):
        archive_folder(option, load(tmp_path / "none"))


def test_a_user_without_a_home_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(Path, "home", none)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~" / ".config" / "backissue").mkdir(parents=True)
    (tmp_path / "~" / ".config" / "backissue" / "config.toml").write_text('pager = "x"\n')
    assert load(config_file(), pytest.fail).pager is None


def test_a_user_without_a_home_is_told_to_name_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKISSUE_ARCHIVE", raising=False)
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: Path("~/.local/share") / name)
    with pytest.raises(UsageError, match="no home folder of yours"):
        archive_folder(None, load(tmp_path / "none"))
