"""A Maven repository in a folder: one AAR with its POM, checksums and the list of versions."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from xml.sax.saxutils import escape

from edgekit.packaging.identity import Identity

_CHECKSUMS = ("md5", "sha1", "sha256", "sha512")
_POM = """<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd">
  <modelVersion>4.0.0</modelVersion>
  <groupId>{group}</groupId>
  <artifactId>{name}</artifactId>
  <version>{version}</version>
  <packaging>aar</packaging>
  <dependencies>
    <dependency>
      <groupId>{runtime_group}</groupId>
      <artifactId>{runtime_artifact}</artifactId>
      <version>{runtime_version}</version>
      <scope>runtime</scope>
    </dependency>
  </dependencies>
</project>
"""
# no time of its making: the same bundle gives the same bytes
_METADATA = """<?xml version="1.0" encoding="UTF-8"?>
<metadata>
  <groupId>{group}</groupId>
  <artifactId>{name}</artifactId>
  <versioning>
    <latest>{version}</latest>
    <release>{version}</release>
    <versions>
      <version>{version}</version>
    </versions>
  </versioning>
</metadata>
"""


def group_of(identity: Identity) -> str:
    """The Maven group: the id without its last part."""
    return identity.id.rpartition(".")[0]


def write_repository(
    repository: Path,
    archive: Path,
    identity: Identity,
    runtime_group: str,
    runtime_artifact: str,
    runtime_version: str,
) -> None:
    """Lay out the repository of one artifact in the new folder `repository`."""
    values = {
        "group": group_of(identity),
        "name": identity.name,
        "version": identity.version,
        "runtime_group": runtime_group,
        "runtime_artifact": runtime_artifact,
        "runtime_version": runtime_version,
    }
    artifact = repository / group_of(identity).replace(".", "/") / identity.name
    version = artifact / identity.version
    version.mkdir(parents=True)
    stem = f"{identity.name}-{identity.version}"
    shutil.copyfile(archive, version / f"{stem}.aar")
    escaped = {key: escape(value) for key, value in values.items()}
    (version / f"{stem}.pom").write_text(_POM.format(**escaped), encoding="utf-8")
    (artifact / "maven-metadata.xml").write_text(_METADATA.format(**escaped), encoding="utf-8")
    for path in [path for path in artifact.rglob("*") if path.is_file()]:
        _write_checksums(path)


def _write_checksums(path: Path) -> None:
    for name in _CHECKSUMS:
        # md5 and sha1 are what Maven clients ask for first; nothing here relies on them
        digest = hashlib.new(name, path.read_bytes(), usedforsecurity=False).hexdigest()
        path.with_name(f"{path.name}.{name}").write_text(digest, encoding="ascii")
