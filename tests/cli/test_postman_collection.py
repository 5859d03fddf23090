"""The collection of REST requests has each operation of the document, with bodies that the document allows."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from app.api.rest.openapi import openapi_document
from app.cli.postman_collection import postman_collection

VARIABLE = re.compile(r"\{\{([^}]+)\}\}")
SOME_ID = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(openapi_document()))


@pytest.fixture(scope="module")
def collection(document):
    return json.loads(postman_collection(document))


def requests_of(collection):
    return [one["request"] for folder in collection["item"] for one in folder["item"]]


def path_of(request):
    return "/" + "/".join(request["url"]["path"]).replace("{{", "{").replace("}}", "}")


def test_has_each_operation_once(document, collection):
    offered = sorted((method.upper(), path) for path, item in document["paths"].items() for method in item)
    assert sorted((one["method"], path_of(one)) for one in requests_of(collection)) == offered


def test_files_each_operation_under_its_tag(document, collection):
    assert [folder["name"] for folder in collection["item"]] == [tag["name"] for tag in document["tags"]]
    assert [folder["name"] for folder in collection["item"] if not folder["item"]] == []


def test_sends_bodies_that_the_document_allows(document, collection):
    sent = 0
    for request in requests_of(collection):
        operation = document["paths"][path_of(request)][request["method"].lower()]
        if "body" not in request:
            assert "requestBody" not in operation
            continue
        body = json.loads(VARIABLE.sub(SOME_ID, request["body"]["raw"]))
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(body)
        sent += 1
    assert sent > 20


def test_sends_what_each_operation_requires(document, collection):
    for request in requests_of(collection):
        operation = document["paths"][path_of(request)][request["method"].lower()]
        required = {(one["in"], one["name"]) for one in operation.get("parameters", ()) if one["required"]}
        sent = {("query", one["key"]) for one in request["url"]["query"] if not one["disabled"]}
        sent |= {("header", one["key"]) for one in request["header"]}
        sent |= {("path", name) for name in VARIABLE.findall("/".join(request["url"]["path"]))}
        assert required <= sent, request["url"]["raw"]


def test_declares_each_variable_that_it_uses(collection):
    used = set(VARIABLE.findall(json.dumps(collection["item"]))) | set(VARIABLE.findall(json.dumps(collection["auth"])))
    assert {one["key"] for one in collection["variable"]} >= used - {"$guid"}
