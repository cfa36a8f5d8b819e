/// Why a process is in its group.
enum Membership: Equatable {
    case unclassified
    /// Excluded, or left out because no rule takes it.
    case unwatched
    /// `rule` is the rule's name as it is written, with its templates.
    case byRule(GroupPlace, rule: String)
    /// The rule took one of its ancestors.
    case inherited(GroupPlace, rule: String)
    case byDefault(GroupPlace)

    var place: GroupPlace? {
        switch self {
        case .byRule(let place, _), .inherited(let place, _), .byDefault(let place): place
        case .unclassified, .unwatched: nil
        }
    }

    /// The same in another group.
    func moved(to place: GroupPlace) -> Membership {
        switch self {
        case .byRule(_, let rule): .byRule(place, rule: rule)
        case .inherited(_, let rule): .inherited(place, rule: rule)
        case .byDefault: .byDefault(place)
        case .unclassified, .unwatched: self
        }
    }
}

/// The group that a process is counted in.
struct GroupPlace: Equatable {
    let group: Int
    /// The name of the group that it belongs to: another than that of `group` where there are too many groups.
    let name: String
}
