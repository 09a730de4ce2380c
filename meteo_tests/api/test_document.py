"""The OpenAPI document: every operation has an example, and pasted it works."""

import json
import re
import shlex

import pytest
from litestar.testing import TestClient

from meteo_api.document import EXAMPLES

TAKES_MORE = {
    "get_data_card",  # the snapshot of these tests has none
    *("list_models", "get_model_version", "list_model_scores", "compare_models"),  # a registry
    *("list_runs", "start_run", "reload_model"),  # an administrator, Dagster
    *("list_users", "list_audit", "login", "logout"),
}


@pytest.fixture(scope="module")
def operations(client: TestClient) -> dict[str, dict]:
    document = client.get("/schema/openapi.json").json()
    return {
        operation["operationId"]: operation
        for methods in document["paths"].values()
        for operation in methods.values()
    }


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_stands_under_its_operation(operations: dict[str, dict], name: str):
    assert operations[name]["description"].count(EXAMPLES[name]) == 1


def test_what_everyone_reads_has_an_example(operations: dict[str, dict]):
    reads = {name for name, operation in operations.items() if "304" in operation["responses"]}

    assert len(reads) > 8
    assert reads <= set(EXAMPLES)


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - TAKES_MORE))
def test_an_example_works_as_pasted(client: TestClient, name: str):
    command = EXAMPLES[name].replace("$(date +%F)", "2016-06-25").replace("$METEO", "/api/v1")
    words = [word for word in shlex.split(command) if word not in ("curl", "-H", "$AUTH")]
    address = re.sub("^http://[^/]+", "", words[-1])

    body = (
        json.loads(words[1]) | {"station": "Albury"} if words[0] == "--json" else None
    )  # the model knows it
    answer = client.get(address) if body is None else client.post(address, json=body)

    assert answer.status_code == 200, answer.text


def test_the_document_says_how_to_sign_in(client: TestClient):
    document = client.get("/schema/openapi.json").json()

    assert document["components"]["securitySchemes"]["bearer"] == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }
    assert {"bearer": []} in document["security"]
    assert "$METEO/login" in document["info"]["description"]
