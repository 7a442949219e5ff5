"""A device: it learns from its own rows and sends weights."""

from openloop.fleet import client_app

from fleet_app.task import PLAN, rows_of

app = client_app(PLAN, rows_of)
