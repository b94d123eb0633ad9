"""Tells what scikit-learn makes of rankings: reads a JSON file with cases, writes one with measures."""
import json
import sys
import warnings

import numpy as np
from sklearn import metrics

warnings.simplefilter("ignore")


def measures(case):
    scores = np.array(case["scores"], dtype=np.float32)
    truth = np.array(case["labels"]) == 255
    precision, recall, thresholds = metrics.precision_recall_curve(truth, scores)
    rates, recalls, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)

    def at(threshold):
        found = scores.astype(np.float64) >= threshold
        return {
            "precision": metrics.precision_score(truth, found),
            "recall": metrics.recall_score(truth, found),
            "f1": metrics.f1_score(truth, found),
            "jaccard": metrics.jaccard_score(truth, found),
        }

    # From the highest threshold down, without the ends that no threshold has.
    return {
        "averagePrecision": metrics.average_precision_score(truth, scores),
        "rocAuc": metrics.roc_auc_score(truth, scores),
        "threshold": thresholds[::-1].astype(np.float64).tolist(),
        "precision": precision[:-1][::-1].tolist(),
        "recall": recall[:-1][::-1].tolist(),
        "falsePositiveRate": rates[1:].tolist(),
        "truePositiveRate": recalls[1:].tolist(),
        "atThreshold": at(case["threshold"]),
        "bestF1": np.max(2 * precision * recall / np.maximum(precision + recall, 1e-300)),
        "atBestF1": at(case["best"]),
    }


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    json.dump([measures(case) for case in cases], sys.stdout)
