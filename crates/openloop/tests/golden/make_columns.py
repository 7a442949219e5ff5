"""Writes columns.csv, a table with columns of every kind, and columns.json, what pandas and scikit-learn make of it.

The table has missing values, a category that no training row has, and dates with and without a time of day. Which rows are for
training is Openloop's own choice (`TRAIN`, checked by the test); everything else comes from

    numbers     SimpleImputer(strategy="mean") fitted to the training rows
    booleans    the same, of 1 and 0
    categories  OneHotEncoder(handle_unknown="ignore") fitted to the training rows without the missing values
    dates       pandas: dt.day_of_year, dt.is_leap_year, dt.day_of_week and the time of day, then sine and cosine by numpy; imputed as numbers
    all         StandardScaler fitted to the training rows

columns.json holds the names of the inputs and `inputs`, the standardised rows in the order of the file; `dates` are texts and numbers
with their six inputs before standardisation.

Run `python make_columns.py`; it writes beside itself. Made with Python 3.11.7, numpy 2.4.6, pandas 3.1.1 and scikit-learn 1.9.1.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROWS = 40
TRAIN = [
    1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 36, 37, 38,
]
DATES = [
    "2024-02-29", "2023-12-31T23:59:59", "2024-12-31 23:59:59", "1969-07-20T20:17:40", "2000-01-01T00:00", "1999-03-01 12:30:15.250",
    "2024-05-31T16:45:00Z", "20240531T164500", 0, 1710093570, 1710093570000, -86400,
]


def cyclic(dates):
    days = np.where(dates.dt.is_leap_year, 366, 365)
    passed = (dates.dt.hour * 3600 + dates.dt.minute * 60 + dates.dt.second + dates.dt.microsecond / 1e6) / 86400
    shares = [(dates.dt.day_of_year - 1 + passed) / days, dates.dt.day_of_week / 7, passed]
    return np.column_stack([f(2 * np.pi * share) for share in shares for f in (np.sin, np.cos)])


def parsed(value):
    if isinstance(value, str):
        return pd.Timestamp(value).tz_localize(None)
    return pd.to_datetime(value, unit="ms" if abs(value) >= 1e11 else "s")


def table(random):
    start = pd.Timestamp("2023-11-20T06:30")
    when = [start + pd.Timedelta(hours=31 * k) for k in range(ROWS)]
    frame = pd.DataFrame({
        "row": range(ROWS),
        "size": [f"{x:.3f}" for x in random.normal(5, 2, ROWS)],
        "colour": random.choice(["red", "blue", "dark green"], ROWS),
        "open": random.choice(["yes", "no"], ROWS),
        "when": [w.isoformat() if k % 3 else w.date().isoformat() for k, w in enumerate(when)],
        "code": random.choice(["7", "11", "x"], ROWS, p=[0.2, 0.2, 0.6]),
        "kind": random.choice(["a", "b"], ROWS),
    }).astype(object)
    for column, share in [("size", 0.2), ("colour", 0.15), ("open", 0.1), ("when", 0.1)]:
        frame.loc[random.random(ROWS) < share, column] = ""
    rest = [k for k in range(ROWS) if k not in TRAIN]
    if rest:
        frame.loc[rest[0], "colour"] = "violet"
    return frame


def inputs(frame):
    train = frame["row"].isin(TRAIN)
    size = frame[["row", "size"]].replace("", np.nan).astype(float)
    opened = frame[["open"]].replace("", np.nan).replace({"yes": 1.0, "no": 0.0}).astype(float)
    when = pd.to_datetime(frame["when"].replace("", None), format="ISO8601")
    when = pd.DataFrame(np.where(when.isna().to_numpy()[:, None], np.nan, cyclic(when)))
    parts, names = [], []
    for part, part_names in [(size, ["row", "size"]), ("colour", None), (opened, ["open"]), (when, [f"when {k}" for k in range(6)]), ("code", None)]:
        if isinstance(part, str):
            column = frame[[part]]
            encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
            encoder.fit(column[train & (column[part] != "")])
            parts.append(encoder.transform(column))
            part_names = [f"{part}={name}" for name in encoder.categories_[0]]
        else:
            parts.append(SimpleImputer(strategy="mean").fit(part[train]).transform(part))
        names += part_names
    values = np.column_stack(parts)
    return names, StandardScaler().fit(values[train]).transform(values)


def main():
    here = Path(__file__).parent
    frame = table(np.random.default_rng(7))
    frame.to_csv(here / "columns.csv", index=False)
    names, values = inputs(frame)
    dates = cyclic(pd.Series([parsed(value) for value in DATES]).astype("datetime64[us]"))
    result = {
        "train": TRAIN,
        "names": names,
        "inputs": values.tolist(),
        "dates": [{"date": str(date), "inputs": list(row)} for date, row in zip(DATES, dates)],
    }
    (here / "columns.json").write_text(json.dumps(result, separators=(",", ":")).replace("],[", "],\n[") + "\n")


main()
