/// The shop: what its pages need, shared by all workers.
final class Shop: Sendable {
    let catalogue = Catalogue()
    let inventory = Inventory()
    let sessions = SessionCache()

    /// The page for a path such as `/products/7`.
    @inline(never)
    func handleRequest(_ path: String) -> String {
        let parts = path.split(separator: "/")
        let number = parts.last.flatMap { Int($0) } ?? 0
        switch parts.first {
        case "products": return renderPage(products: catalogue.page(number))
        case "stock": return "<p>\(inventory.queryInventory(article: number)) in stock</p>"
        case "login": return "<p>Hello, visitor \(sessions.remember(visitor: number))</p>"
        default: return "<p>Not here</p>"
        }
    }
}

/// A worker's whole life: takes connections, one at a time, and answers one request on each.
@inline(never)
func serve(_ listener: Listener, with shop: Shop) {
    while true {
        guard let connection = listener.acceptConnection() else { continue }
        answer(connection, with: shop)
    }
}

@inline(never)
private func answer(_ connection: borrowing Connection, with shop: Shop) {
    let words = connection.readHead().prefix { $0 != "\r\n" }.split(separator: " ")
    guard words.count >= 2, words[0] == "GET" else {
        connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    }
    let page = shop.handleRequest(String(words[1]))
    connection.send(
        """
        HTTP/1.1 200 OK\r
        Content-Type: text/html\r
        Content-Length: \(page.utf8.count)\r
        Connection: close\r
        \r
        \(page)
        """)
}
