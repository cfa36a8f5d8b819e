internal import ObjectFiles
internal import PerfMaps
internal import ProfileModel
internal import SystemSupport

/// The perf maps that the tracer has handed over.
///
/// Belongs to the worker's one thread.
final class PerfMapTable {
    private var maps: [ObjectID: PerfMap] = [:]
    private var earlierDamage: PerfMapDamage?

    func add(_ id: ObjectID, _ descriptor: consuming OwnedDescriptor, _ budget: ParsingBudget) {
        maps[id] = PerfMap(descriptor, budget: budget)
    }

    subscript(_ id: ObjectID) -> PerfMap? { maps[id] }

    /// What a perf map calls generated code.
    func name(of code: GeneratedCodeID, in map: ObjectID) -> String? {
        guard let map = maps[map] else { return nil }
        if let name = map.name(of: code) { return name }
        // A worker that took the place of another one has not read the map yet.
        map.readOn()
        return map.name(of: code)
    }

    func discard(_ discarded: [ObjectID]) {
        for map in discarded { earlierDamage = PerfMapDamage.sum(earlierDamage, maps.removeValue(forKey: map)?.damage) }
    }

    /// Lines that name no code, of all maps so far; `nil` where there are none.
    var damage: PerfMapDamage? { maps.values.reduce(earlierDamage) { PerfMapDamage.sum($0, $1.damage) } }
}
