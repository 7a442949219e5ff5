"""The server: it averages weights, and judges and keeps the network at the end."""

from openloop.fleet import mean_of_rows, server_app

from fleet_app.task import PLAN, tested_rows


def done(model, result, context):
    """Keeps the network under the name that the run's configuration gives."""
    path = context.run_config["model"]
    model.save(path)
    X, y = tested_rows()
    print(f"the fleet is right in {100 * PLAN.classifier(model).score(X, y):.1f} % of the test rows; kept in {path}")


app = server_app(PLAN, mean_of_rows(fraction_evaluate=0.0), done=done)
