"""Models of LightGBM, XGBoost and scikit-learn, imported and scored by `attune`, beside the libraries themselves.

Arguments: the program, a folder to work in, and the folder of shared data (the models of real visits are left out where
it is not there). Prints a line a model and fails if one is further than 1e-6 from its library.
"""

import base64
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import lightgbm as lgb
import numpy as np
import onnxruntime
import pandas as pd
import xgboost as xgb
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

warnings.filterwarnings("ignore")
BOUND = 1e-6
ATTUNE, WORK = sys.argv[1], Path(sys.argv[2])
SHARED = Path(sys.argv[3]) / "online_shoppers/shoppers_dev.csv.gz"
WORK.mkdir(parents=True, exist_ok=True)
failed = []


def attune(*arguments, refused=False):
    done = subprocess.run([ATTUNE, "model", *map(str, arguments)], capture_output=True, text=True, env={**os.environ, "RUST_BACKTRACE": "0"})
    if refused:
        return done.stderr if done.returncode else None
    if done.returncode:
        raise SystemExit(f"attune model {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def rows(name, frame):
    path = WORK / f"{name}.csv"
    frame.to_csv(path, index=False, float_format=None)
    return path


def check(name, kind, path, frame, expected, raw=None, features=(), bound=BOUND):
    """`expected`: the library's scores of `frame`, from values as the CSV holds them."""
    out, csv = WORK / f"{name}.am", rows(name, frame)
    summary = json.loads(attune("import", "--format", kind, path, "--out", out, "--json", *features))
    worst, same = 0.0, 0.0
    for wanted, flag in [(expected, []), (raw, ["--raw"])]:
        if wanted is None:
            continue
        ours = np.array([float(line) for line in attune("score", "--model", out, "--csv", csv, *flag).split()])
        wanted = np.asarray(wanted, dtype=np.float64).ravel()
        assert ours.shape == wanted.shape and len(ours) == len(frame), (name, ours.shape, wanted.shape)
        gap = np.abs(ours - wanted) / np.maximum(1.0, np.abs(wanted))
        worst, same = max(worst, float(np.max(gap))), float(np.mean(ours == wanted))
    ok = worst <= bound
    print(
        f"{'ok' if ok else 'FAILED':6} {name:38} {len(frame):6} rows  {summary['bytes']:8} bytes "
        f"{summary['brotli_bytes']:7} brotli  off by {worst:.1e}, {same:6.1%} to the last bit"
    )
    if not ok:
        failed.append(name)
    return out, csv


def refuse(name, kind, path, word):
    said = attune("import", "--format", kind, path, "--out", WORK / "refused.am", refused=True)
    ok = said is not None and word in said
    print(f"{'ok' if ok else 'FAILED':6} {name:38} refused: {(said or 'it was taken').strip().splitlines()[-1][:110]}")
    if not ok:
        failed.append(name)


def noise(seed, n=3000, columns=8, missing=0.1, categories=()):
    """Random rows, some values missing, some columns whole numbers, some categories."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, columns)) * draw.choice([0.01, 1.0, 1000.0], size=columns)
    x[:, 1] = draw.integers(0, 20, size=n)
    for column in categories:
        x[:, column] = draw.integers(0, 45, size=n)
    y = np.sin(x[:, 0]) + (x[:, 1] > 7) + 0.3 * draw.normal(size=n)
    for column in categories:
        y = y + np.isin(x[:, column], [1, 5, 7, 33, 40])
    x[draw.random(x.shape) < missing] = np.nan
    names = [f"x{n}" for n in range(columns)]
    return pd.DataFrame(x, columns=names), y


def of_lightgbm(name, frame, y, params, rounds=60, fresh=None, data=None, raw=True, **more):
    params = {"verbosity": -1, "num_threads": 2, "seed": 7, "min_data_in_leaf": 5, **params}
    booster = lgb.train(params, lgb.Dataset(frame, y, **(data or {})), rounds, **more)
    path = WORK / f"{name}.txt"
    booster.save_model(path)
    fresh = frame if fresh is None else fresh
    return check(
        name, "lightgbm", path, fresh, booster.predict(fresh), booster.predict(fresh, raw_score=True) if raw else None
    )


def of_xgboost(name, frame, y, params, rounds=60, types=None, fresh=None):
    params = {"nthread": 2, "seed": 7, **params}
    matrix = lambda x: xgb.DMatrix(x.to_numpy(), feature_names=list(x), feature_types=types, enable_categorical=True)
    train = matrix(frame)
    train.set_label(y)
    booster = xgb.train(params, train, rounds)
    path = WORK / f"{name}.json"
    booster.save_model(path)
    fresh = frame if fresh is None else fresh
    # In single precision, which is what XGBoost reads.
    return check(
        name, "xgboost", path, fresh, booster.predict(matrix(fresh)), booster.predict(matrix(fresh), output_margin=True)
    )


def of_sklearn(name, frame, y, model, probability=True, bound=BOUND):
    x = frame.to_numpy().astype(np.float32)
    model.fit(x, y)
    options = {"zipmap": False} if probability else {}
    options = {id(model): options} if probability else None
    proto = to_onnx(model, initial_types=[("x", FloatTensorType([None, x.shape[1]]))], options=options, target_opset=18)
    path = WORK / f"{name}.onnx"
    path.write_bytes(proto.SerializeToString())
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    answer = session.run(None, {"x": x})
    expected = model.predict_proba(x)[:, 1] if probability else model.predict(x)
    wanted = answer[1][:, 1] if probability else answer[0]
    names = ["--features", ",".join(frame)]
    single = pd.DataFrame(x.astype(np.float64), columns=list(frame))
    out = check(name, "onnx", path, single, expected, features=names, bound=bound)
    check(f"{name}, as onnxruntime", "onnx", path, single, wanted, features=names, bound=bound)
    return path, out


def decided(frame, scores):
    """The same model in a site's source, in the form of the decision specification: the score is that of its only offer."""
    rows = frame.replace({np.nan: None}).to_dict("records")
    data = base64.b64encode((WORK / "lightgbm shoppers, texts.am").read_bytes()).decode()
    source = {
        "site": {"holdout_percent": 0},
        "attributes": [{"id": name} for name in frame],
        "placements": [{"id": "hero"}],
        "offers": [{"id": "card", "content": {"en": {"title": "card"}}}],
        "models": [{"id": "buys", "data": data, "inputs": {name: {"attribute": name} for name in frame}}],
        "campaigns": [
            {
                "id": "likely",
                "status": "running",
                "placements": ["hero"],
                "offers": ["card"],
                "rank": {"weight": 0, "affinity": 0},
                "rank_scores": {"buys": 1},
            }
        ],
    }
    cases = [
        {
            "title": f"row {n} scores {score!r}",
            "placement": "hero",
            "now": 1795348800000,
            "visitor": f"row {n}",
            "consent": {"personalise": "granted"},
            "attributes": {name: value for name, value in row.items() if value is not None},
            "expect": {"reason": "matched", "campaign": "likely", "offers": ["card"]},
        }
        for n, (row, score) in enumerate(zip(rows, map(float, scores)))
    ]
    specification = {"title": "LightGBM on online shoppers", "source": source, "cases": cases}
    (WORK / "shoppers.spec.json").write_text(json.dumps(specification))


# LightGBM: objectives, missing values in every form, categories, forests, dropouts.
frame, y = noise(1)
fresh, _ = noise(2)
for objective, label in [
    ("regression", y),
    ("regression_l1", y),
    ("huber", y),
    ("quantile", y),
    ("poisson", np.exp(y / 2)),
    ("gamma", np.exp(y / 2)),
    ("tweedie", np.exp(y / 2)),
    ("binary", y > 0.5),
    ("cross_entropy", (y - y.min()) / (y.max() - y.min())),
    ("cross_entropy_lambda", (y - y.min()) / (y.max() - y.min())),
]:
    of_lightgbm(f"lightgbm {objective}", frame, label, {"objective": objective}, fresh=fresh)
of_lightgbm("lightgbm sqrt", frame, y * 3, {"objective": "regression", "reg_sqrt": True}, fresh=fresh, raw=False)
of_lightgbm("lightgbm slope", frame, y > 0.5, {"objective": "binary", "sigmoid": 0.7}, fresh=fresh)
of_lightgbm("lightgbm zero missing", frame.fillna(0), y, {"objective": "regression", "zero_as_missing": True}, fresh=fresh)
whole, y_whole = noise(3, missing=0)
of_lightgbm("lightgbm never missing", whole, y_whole, {"objective": "regression"}, fresh=fresh)
of_lightgbm("lightgbm not using missing", frame, y, {"objective": "regression", "use_missing": False}, fresh=fresh)
forest = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7, "objective": "binary"}
of_lightgbm("lightgbm random forest", frame, y > 0.5, forest, fresh=fresh, raw=False)
of_lightgbm("lightgbm dart", frame, y, {"boosting": "dart", "objective": "regression"}, fresh=fresh)
mixed, y_mixed = noise(4, categories=[3, 5])
unseen = noise(5, categories=[3, 5])[0]
unseen.iloc[:50, 3] = 77
unseen.iloc[50:99, 5] = -1
named = {"categorical_feature": ["x3", "x5"]}
of_lightgbm("lightgbm categories", mixed, y_mixed > 1, {"objective": "binary", "min_data_per_group": 10}, data=named, fresh=unseen)
of_lightgbm("lightgbm one tree one leaf", frame[:60], y[:60] > 9, {"objective": "binary", "min_data_in_leaf": 50}, rounds=3)

# XGBoost: single precision, so that rows are rounded first.
single = lambda frame: frame.astype(np.float32).astype(np.float64)
frame, fresh, mixed, unseen = map(single, (frame, fresh, mixed, unseen))
for objective, label in [
    ("reg:squarederror", y),
    ("reg:absoluteerror", y),
    ("reg:pseudohubererror", y),
    ("binary:logistic", y > 0.5),
    ("binary:logitraw", y > 0.5),
    ("binary:hinge", y > 0.5),
    ("reg:logistic", (y - y.min()) / (y.max() - y.min())),
    ("count:poisson", np.round(np.exp(y / 2))),
    ("reg:gamma", np.exp(y / 2)),
    ("reg:tweedie", np.exp(y / 2)),
]:
    of_xgboost(f"xgboost {objective}", frame, label, {"objective": objective, "max_depth": 6}, fresh=fresh)
of_xgboost("xgboost dart", frame, y, {"booster": "dart", "rate_drop": 0.2, "max_depth": 4}, rounds=30, fresh=fresh)
of_xgboost("xgboost base score", frame, y > 0.5, {"objective": "binary:logistic", "base_score": 0.2}, fresh=fresh)
filled = frame.fillna(0)
linear = {"booster": "gblinear", "objective": "binary:logistic"}
of_xgboost("xgboost linear", filled / filled.std(), y > 0.5, linear, rounds=20)
types = ["c" if name in ("x3", "x5") else "q" for name in mixed]
codes = unseen.where(unseen["x5"] >= 0)
of_xgboost("xgboost categories", mixed, y_mixed, {"max_cat_to_onehot": 4, "max_depth": 6}, types=types, fresh=codes)

def of_texts(name, texts):
    tier = pd.Categorical(np.array(texts)[np.arange(len(frame)) % len(texts)])
    tiers = pd.DataFrame({"spend": frame["x0"], "tier": tier})
    matrix = xgb.DMatrix(tiers, y + (tiers["tier"] == texts[1]), enable_categorical=True)
    booster = xgb.train({"max_depth": 3}, matrix, 20)
    booster.save_model(WORK / f"{name}.json")
    return tiers, booster.predict(matrix)


check("xgboost texts", "xgboost", WORK / "texts.json", *of_texts("texts", ["basic", "gold", "platinum"]))
of_texts("korean", ["일반", "금", "백금"])
refuse("xgboost texts that it cuts itself", "xgboost", WORK / "korean.json", ".cat.codes")

# scikit-learn by ONNX.
whole = whole / whole.std()
positive = y_whole > 0.5
for name, model in [
    ("logistic regression", LogisticRegression(max_iter=500)),
    ("scaler and logistic regression", make_pipeline(StandardScaler(), LogisticRegression())),
    ("decision tree", DecisionTreeClassifier(max_depth=8)),
    ("random forest", RandomForestClassifier(30, max_depth=8, random_state=7)),
    ("gradient boosting", GradientBoostingClassifier(n_estimators=50, random_state=7)),
    ("scaler and gradient boosting", make_pipeline(StandardScaler(), GradientBoostingClassifier(random_state=7))),
]:
    of_sklearn(f"onnx {name}", whole, positive, model)
for name, model in [
    ("linear regression", LinearRegression()),
    ("forest of numbers", RandomForestRegressor(30, max_depth=8, random_state=7)),
    ("boosting of numbers", GradientBoostingRegressor(n_estimators=50, random_state=7)),
]:
    of_sklearn(f"onnx {name}", whole, y_whole, model, probability=False)

# What is not supported is refused by name.
booster = lgb.train({"objective": "multiclass", "num_class": 3, "verbosity": -1}, lgb.Dataset(frame, y.astype(int) % 3), 2)
booster.save_model(WORK / "classes.txt")
refuse("lightgbm of three classes", "lightgbm", WORK / "classes.txt", "num_class")
booster = lgb.train({"objective": "regression", "linear_tree": True, "verbosity": -1}, lgb.Dataset(frame, y), 2)
booster.save_model(WORK / "linear.txt")
refuse("lightgbm linear trees", "lightgbm", WORK / "linear.txt", "linear trees")
classes = xgb.train({"objective": "multi:softprob", "num_class": 3}, xgb.DMatrix(frame, y.astype(int) % 3), 2)
classes.save_model(WORK / "classes.json")
refuse("xgboost of three classes", "xgboost", WORK / "classes.json", "num_class")
classes.save_model(WORK / "classes.ubj")
refuse("xgboost binary", "xgboost", WORK / "classes.ubj", "model.json")
from sklearn.svm import SVC

proto = to_onnx(SVC().fit(whole.to_numpy()[:200], positive[:200]), whole.to_numpy()[:1].astype(np.float32), target_opset=18)
(WORK / "machine.onnx").write_bytes(proto.SerializeToString())
refuse("onnx of a support vector machine", "onnx", WORK / "machine.onnx", "SVMClassifier")
forest = RandomForestClassifier(3).fit(whole.to_numpy(), y_whole.astype(int) % 3)
proto = to_onnx(forest, whole.to_numpy()[:1].astype(np.float32), target_opset=18)
(WORK / "classes.onnx").write_bytes(proto.SerializeToString())
refuse("onnx of three classes", "onnx", WORK / "classes.onnx", "classes")

# Real visits: texts as categories, and the lossy form.
if SHARED.exists():
    shoppers = pd.read_csv(SHARED)
    bought = shoppers.pop("Revenue").astype(str).str.lower() == "true"
    shoppers = shoppers.drop(columns="row_id")
    typed = shoppers.copy()
    for column in ("Month", "VisitorType"):
        typed[column] = typed[column].astype("category")
    typed["Weekend"] = typed["Weekend"].astype(str).str.lower().eq("true").astype(int)
    booster = lgb.train({"objective": "binary", "verbosity": -1, "num_threads": 2}, lgb.Dataset(typed, bought), 100)
    booster.save_model(WORK / "shoppers.txt")
    expected = booster.predict(typed)
    check("lightgbm shoppers, texts", "lightgbm", WORK / "shoppers.txt", shoppers, expected, booster.predict(typed, raw_score=True))
    decided(shoppers[:100], expected)
    out = WORK / "shoppers-lossy.am"
    sample = WORK / "lightgbm shoppers, texts.csv"
    said = attune("import", "--format", "lightgbm", WORK / "shoppers.txt", "--out", out, "--quantise", "--sample", sample, "--json")
    said = json.loads(said)
    print(f"       rounded: {said['bytes']} bytes, {said['brotli_bytes']} brotli, {said['loss']}")
    numbers = single(typed.select_dtypes("number"))
    of_xgboost("xgboost shoppers", numbers, bought, {"objective": "binary:logistic", "max_depth": 6}, rounds=100)
    of_sklearn("onnx shoppers", numbers, bought, make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)))
    of_sklearn("onnx shoppers by boosting", numbers, bought, GradientBoostingClassifier(n_estimators=50, random_state=7))
else:
    print("!! SKIPPED: the shared data is absent, so models of real visits were NOT compared")

if failed:
    raise SystemExit(f"further than {BOUND} from the library: {', '.join(failed)}")
