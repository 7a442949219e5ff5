"""A search of rule, network and learning rate with Optuna: `pip install optuna`, then `python search_with_optuna.py [TRIALS]`.

Each trial is judged on rows that are held back from the training rows, with an early end for trials that fall behind; the test rows are
looked at once, at the end.
"""

import sys

import optuna
from openloop import OpenloopClassifier
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

RULES = ["drtp", "local-error-learned", "bp"]


def model_of(trial, epochs):
    """The classifier that a trial proposes."""
    return OpenloopClassifier(
        rule=trial.suggest_categorical("rule", RULES),
        hidden_layer_sizes=trial.suggest_int("neurons", 16, 256, log=True),
        learning_rate_init=trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True),
        max_iter=epochs,
        random_state=0,
    )


def search(trials):
    """The finished study, and the accuracy of its best model on the test rows."""
    X, X_test, y, y_test = train_test_split(*load_digits(return_X_y=True), stratify=load_digits().target, random_state=0)
    X_learn, X_held, y_learn, y_held = train_test_split(X, y, stratify=y, random_state=0)

    def accuracy(trial):
        model = model_of(trial, epochs=1)
        for epoch in range(12):
            model.partial_fit(X_learn, y_learn, classes=range(10))
            trial.report(model.score(X_held, y_held), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return model.score(X_held, y_held)

    sampler, pruner = optuna.samplers.TPESampler(seed=0), optuna.pruners.MedianPruner(n_startup_trials=5)
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    study.optimize(accuracy, n_trials=trials)
    best = model_of(study.best_trial, epochs=12).fit(X, y)
    return study, best.score(X_test, y_test)


if __name__ == "__main__":
    study, tested = search(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
    print(f"best of {len(study.trials)} trials: {study.best_params}")
    print(f"right on the rows held back: {100 * study.best_value:.1f} %, on the test rows: {100 * tested:.1f} %")
