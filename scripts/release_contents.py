"""Compare an sdist and a wheel with their source: release_contents.py SOURCE DIST.

Exits with 1, and says why, if a file is missing, is another, or does not belong there, or if the
metadata is not valid, or says another thing than pyproject.toml.
"""

import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

from packaging.metadata import Metadata
from packaging.requirements import Requirement


def main() -> None:
    """Compare both."""
    source, folder = map(Path, sys.argv[1:])
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    code = files(source / "src")
    wrong = [*compared("wheel", packed(wheel), code), *compared("sdist", unpacked(sdist), code)]
    wrong += told(source, metadata(wheel))
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{sdist.name} and {wheel.name} have all {len(code)} files of the source")


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    every = (path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in every}
    return {name: data for name, data in found.items() if ".egg-info/" not in name}


def packed(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel, without what is said about it."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        return {name: archive.read(name) for name in names}


def unpacked(sdist: Path) -> dict[str, bytes]:
    """The files below `src` in an sdist."""
    found = {}
    with tarfile.open(sdist) as archive:
        for member in archive:
            inside = member.name.partition("/src/")[2]
            if member.isfile() and inside and ".egg-info/" not in inside:
                found[inside] = archive.extractfile(member).read()
    return found


def compared(what: str, found: dict[str, bytes], code: dict[str, bytes]) -> list[str]:
    """What one of them lacks, has too much, or has in another form."""
    wrong = [f"the {what} lacks {name}" for name in sorted(code.keys() - found.keys())]
    wrong += [f"the {what} has {name}, too" for name in sorted(found.keys() - code.keys())]
    shared = sorted(code.keys() & found.keys())
    return wrong + [
        f"{name} is another in the {what}" for name in shared if code[name] != found[name]
    ]


def metadata(wheel: Path) -> Metadata:
    """What a wheel says about itself, if that is valid."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        return Metadata.from_email(archive.read(name), validate=True)


def told(source: Path, said: Metadata) -> list[str]:
    """Where the metadata says another thing than pyproject.toml and the files beside it."""
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {str(Requirement(line)) for line in project["dependencies"]}
    plain = {str(one) for one in said.requires_dist or () if "extra ==" not in str(one)}
    readme = (source / project["readme"]).read_text(encoding="utf-8")
    facts = {
        "name": said.name == project["name"],
        "version": f'__version__ = "{said.version}"'
        in (source / "src" / "backissue" / "__init__.py").read_text(encoding="utf-8"),
        "Python": str(said.requires_python) == project["requires-python"],
        "licence": said.license_expression == project["license"],
        "dependencies": plain == wanted,
        "description": said.description == readme,
        "scripts": set(project["scripts"]) == {"backissue"},
    }
    return [f"the metadata has another {name}" for name, right in facts.items() if not right]


if __name__ == "__main__":
    main()
