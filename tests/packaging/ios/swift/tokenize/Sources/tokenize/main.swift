// Texts to ids for the comparison with Hugging Face tokenizers: tokenize TOKENIZER MAX_LENGTH < texts > ids
//
// A line in is a JSON text or an array of a text and its pair, a line out an array of ids. With `--decode` a line in
// is an array of ids, and a line out a text.

import Foundation
import PackageCore

let arguments = CommandLine.arguments.dropFirst()
let decodes = arguments.first == "--decode"
let rest = Array(decodes ? arguments.dropFirst() : arguments)

do {
    let file = try Data(contentsOf: URL(fileURLWithPath: rest[0]))
    let length = Int(rest[1]) ?? 0
    let tokenizer = try Tokenizer(file, maxLength: length > 0 ? length : nil, decodes: decodes)
    while let line = readLine() {
        let value = try JSONSerialization.jsonObject(with: Data(line.utf8), options: .fragmentsAllowed)
        if decodes {
            let text = tokenizer.decode((value as? [Int]) ?? [])
            let data = try JSONSerialization.data(withJSONObject: [text])
            print(String(decoding: data, as: UTF8.self))
        } else {
            let texts = (value as? [String]) ?? [(value as? String) ?? ""]
            let encoding = try tokenizer.encode(texts[0], pair: texts.count > 1 ? texts[1] : nil)
            print("[\(encoding.ids.map(String.init).joined(separator: ","))]")
        }
    }
} catch {
    FileHandle.standardError.write(Data("tokenize: \(error.localizedDescription)\n".utf8))
    exit(2)
}
