"""Models and the templates that are made of them. Source: CP-MODEL-01 to CP-MODEL-04."""

import re
from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.apis import find_api
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, drop, find, make, page, put
from routekey.endpoints.control_plane.refusals import ConflictException, NotFoundException
from routekey.endpoints.control_plane.schema_template import sketch_template
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException, InputError
from routekey.languages.json_schema import compile_schema
from routekey.resources.api import Model
from routekey.resources.managed import ManagedApi

_ID: Final = "model_id"
_ID_LENGTH: Final = 6
_NAME: Final = re.compile("[a-zA-Z0-9]+")


def create_model(edit: Edit, request: Members) -> Members:
    """CreateModel."""
    api = find_api(edit, request)
    return _keep(edit, api, make(Model, request, model_id=edit.new_id(_ID_LENGTH)))


def get_model(edit: Edit, request: Members) -> Members:
    """GetModel."""
    return describe(_find(find_api(edit, request), request))


def get_models(edit: Edit, request: Members) -> Members:
    """GetModels."""
    models = find_api(edit, request).models
    return page(models, lambda model: model.model_id, describe, request)


def get_model_template(edit: Edit, request: Members) -> Members:
    """GetModelTemplate. Source: CP-MODEL-03."""
    return {"value": sketch_template(_find(find_api(edit, request), request).schema)}


def update_model(edit: Edit, request: Members) -> Members:
    """UpdateModel."""
    api = find_api(edit, request)
    return _keep(edit, api, change(_find(api, request), request))


def delete_model(edit: Edit, request: Members) -> Members:
    """DeleteModel: not while a route refers to it."""
    api = find_api(edit, request)
    gone = _find(api, request)
    users = [route.route_key for route in api.routes if gone.name in route.request_models.values()]
    if users:
        raise ConflictException(
            f"Cannot delete model '{gone.name}', is referenced in route: {users[0]}"
        )
    edit.put(api.api_id, replace(api, models=drop(api.models, _ID, gone.model_id)))
    return {}


def _find(api: ManagedApi, request: Members) -> Model:
    model = find(api.models, _ID, request[_ID])
    if model is None:  # CP-MODEL-04
        raise NotFoundException("Invalid Model identifier specified")
    return model


def _keep(edit: Edit, api: ManagedApi, model: Model) -> Members:
    if not _NAME.fullmatch(model.name):  # CP-MODEL-01
        raise BadRequestException("Model name must be alphanumeric")
    same = find(api.models, "name", model.name)
    if same is not None and same.model_id != model.model_id:
        raise ConflictException(f"Model name already exists for this Api: {model.name}")
    others = {one.name: one.schema for one in api.models if one.model_id != model.model_id}
    try:
        compile_schema(model.schema, others)
    except InputError as error:
        raise BadRequestException(f"Invalid model specified: {error}") from error
    edit.put(api.api_id, replace(api, models=put(api.models, model, _ID)))
    return describe(model)


OPERATIONS: Final = {
    "CreateModel": create_model,
    "DeleteModel": delete_model,
    "GetModel": get_model,
    "GetModelTemplate": get_model_template,
    "GetModels": get_models,
    "UpdateModel": update_model,
}
