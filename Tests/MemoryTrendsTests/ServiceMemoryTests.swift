import MemoryTrends
import Testing

@Suite struct ServiceMemoryTests {
    private static let mebibyte: UInt64 = 1 << 20
    private let noon = 20_000.5 * 86_400

    /// A reading a minute for so many hours, in MiB by hours of age.
    private func life(hours: Double, _ mebibytes: (Double) -> Double) -> LifeCurve {
        var life = LifeCurve()
        for minute in 0...Int(hours * 60) {
            let age = Double(minute) / 60
            life.add(
                MemoryReading(
                    seconds: 5000 + age * 3600, bytes: UInt64(mebibytes(age) * Double(Self.mebibyte))))
        }
        return life
    }

    private func memory(_ lives: LifeCurve...) -> ServiceMemory {
        var memory = ServiceMemory()
        for life in lives { memory.add(life, isWhole: true, at: noon) }
        return memory
    }

    @Test(arguments: [1.5, 3, 7.9, 8.1, 20, 100])
    func growthThatEndsIsAPlateauAndGrowthThatGoesOnIsNone(hours: Double) {
        #expect(life(hours: hours) { min(300, 100 + 1000 * $0 / hours) }.hasPlateaued)
        #expect(life(hours: hours) { _ in 300 }.hasPlateaued)
        #expect(!life(hours: hours) { 100 + 50 * $0 }.hasPlateaued)
        #expect(!life(hours: hours) { age in age < hours * 0.6 ? 100 : 100 + 50 * (age - hours * 0.6) }.hasPlateaued)
    }

    @Test func aShortPeakIsNoLevel() {
        let life = life(hours: 4) { age in (2...2.05).contains(age) ? 900 : 100 }
        #expect(life.highest == 100 * Self.mebibyte)
    }

    @Test func wherePreviousLivesCameToAnEndIsExpectedAtEveryAge() {
        let memory = memory(life(hours: 10) { min(300, 100 + 100 * $0) })
        #expect(memory.expected(atAge: 60) == 300 * Self.mebibyte)
        #expect(memory.expected(atAge: 1e7) == 300 * Self.mebibyte)
    }

    @Test func whatGrewToItsEndIsExpectedAtTheSameAgeAlone() {
        let memory = memory(life(hours: 10) { 100 + 50 * $0 })
        let young = memory.expected(atAge: 1200)
        #expect(young >= 110 * Self.mebibyte && young <= 125 * Self.mebibyte)
        #expect(memory.expected(atAge: 36_000) > 550 * Self.mebibyte)
        #expect(memory.expected(atAge: 200_000) == 0)
    }

    @Test func aLifeThatWasNotSeenFromItsStartSaysNothingOfAnAge() {
        var memory = ServiceMemory()
        memory.add(life(hours: 10) { 100 + 50 * $0 }, isWhole: false, at: noon)
        #expect(memory.expected(atAge: 1200) == 0)
        #expect(life(hours: 1) { _ in 1 }.isWhole(startOfLife: 4900))
        #expect(!life(hours: 1) { _ in 1 }.isWhole(startOfLife: 0))
    }

    @Test func levelsAreForgottenAfterTwoWeeks() {
        var memory = memory(life(hours: 10) { _ in 300 })
        let later = life(hours: 10) { _ in 100 }
        memory.add(later, isWhole: true, at: noon + 13 * 86_400)
        #expect(memory.expected(atAge: 3600) == 300 * Self.mebibyte)
        memory.add(later, isWhole: true, at: noon + 21 * 86_400)
        #expect(memory.expected(atAge: 3600) == 100 * Self.mebibyte)
    }

    @Test(arguments: [0, -1e9, .nan, .infinity, 1e300])
    func anyClockIsTaken(wall: Double) {
        var memory = memory(life(hours: 10) { _ in 300 })
        memory.add(life(hours: 10) { _ in 400 }, isWhole: true, at: wall)
        #expect(memory.expected(atAge: 3600) == 400 * Self.mebibyte && memory.isValid)
    }
}
