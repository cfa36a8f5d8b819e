/// A part of a list.
struct Page: Sendable {
    var offset = 0
    var limit = 100

    func of<Element>(_ elements: [Element]) -> ArraySlice<Element> { elements.dropFirst(offset).prefix(limit) }
}

struct ProcessesBody: Encodable, Sendable {
    let timestamp: Double
    /// How many there are on all pages.
    let total: Int
    let offset: Int
    let limit: Int
    let processes: [ProcessBody]
}

struct GroupsBody: Encodable, Sendable {
    let timestamp: Double
    /// How many there are on all pages.
    let total: Int
    let offset: Int
    let limit: Int
    let groups: [GroupBody]
}
