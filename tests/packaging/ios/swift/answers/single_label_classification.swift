// What a single-label package says of a text, as JSON.

import DemoModel

func fields(_ found: Prediction) -> [String: Any] {
    let scores = Dictionary(uniqueKeysWithValues: found.scores.map { ($0.label, $0.score) })
    return ["label": found.label, "score": found.score, "scores": scores, "logits": found.logits.map(Double.init)]
}
