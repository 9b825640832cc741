// What a regression's package says of a text, as JSON.

import DemoModel

func fields(_ found: Prediction) -> [String: Any] {
    ["value": Double(found.value), "logits": found.logits.map(Double.init)]
}
