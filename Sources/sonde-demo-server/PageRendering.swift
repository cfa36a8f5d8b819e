/// The hot path: for each product it escapes the title byte by byte and computes the score anew, on every request.
@inline(never)
func renderPage(products: ArraySlice<Product>) -> String {
    var page = "<ul>\n"
    for product in products {
        page += "<li>" + escapeMarkup(product.title) + " \(computeScore(of: product))</li>\n"
    }
    return page + "</ul>\n"
}

/// `text` with the five characters that mean something in markup replaced.
@inline(never)
func escapeMarkup(_ text: String) -> String {
    var escaped = ""
    for character in text {
        switch character {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\"": escaped += "&quot;"
        case "'": escaped += "&#39;"
        default: escaped.append(character)
        }
    }
    return escaped
}

/// How well a product's ratings fit together: compares each with every other one, which is what makes it hot.
@inline(never)
func computeScore(of product: Product) -> Int {
    var agreement = 0
    for first in product.ratings {
        for second in product.ratings {
            let distance = first > second ? first - second : second - first
            agreement += 5 - Int(distance)
        }
    }
    return agreement / product.ratings.count
}
