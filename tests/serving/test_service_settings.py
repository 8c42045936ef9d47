"""Where a service finds its configuration, its store and its model."""

from pathlib import Path

import pytest

from features.errors import ConfigurationError
from serving.settings import find_service_settings, load_service_settings

TOML = """
[data]
purchases = "orders.csv"
[store]
url = "sqlite:///var/scores.db"
[serving]
model = "var/model"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "tenure.toml").write_text(TOML)
    return folder


def test_relative_paths_start_at_the_configuration_s_folder(project: Path) -> None:
    settings = load_service_settings(project / "tenure.toml")
    assert settings.store_folder == project
    assert settings.model_folder == project / "var" / "model"


def test_without_names_the_current_folder_s_configuration_is_taken(project: Path) -> None:
    assert find_service_settings(project, {}, None) == load_service_settings(project / "tenure.toml")
    with pytest.raises(ConfigurationError, match="TENURE_CONFIG"):
        find_service_settings(project.parent, {}, None)


def test_a_bento_has_its_own_model_and_the_store_of_the_folder_it_was_built_in(
    project: Path, tmp_path: Path
) -> None:
    bento = tmp_path / "bento" / "src"
    bento.mkdir(parents=True)
    (bento / "tenure.toml").write_text(TOML)
    settings = find_service_settings(bento, {}, project)
    assert settings.store_folder == project
    assert settings.model_folder == bento / "var" / "model"
    elsewhere = find_service_settings(bento, {}, tmp_path / "gone")
    assert elsewhere.store_folder == bento


def test_the_environment_names_another_configuration_or_another_store(project: Path, tmp_path: Path) -> None:
    named = find_service_settings(tmp_path, {"TENURE_CONFIG": str(project / "tenure.toml")}, tmp_path)
    assert (named.store_folder, named.model_folder) == (project, project / "var" / "model")
    moved = find_service_settings(project, {"TENURE_STORE_URL": "postgresql+psycopg://db/scores"}, None)
    assert moved.store.url == "postgresql+psycopg://db/scores"
    assert moved.model_folder == project / "var" / "model"
