// What a multi-label package says of a text, as JSON.

import DemoModel

func fields(_ found: Prediction) -> [String: Any] {
    let scores = Dictionary(uniqueKeysWithValues: found.scores.map { ($0.label, $0.score) })
    return ["labels": found.labels, "scores": scores, "logits": found.logits.map(Double.init)]
}
