internal import HostWatch
internal import ProfileModel
internal import SeriesStore

extension ProcessIdentity {
    init(_ subject: SeriesKey) {
        self.init(process: ProcessID(rawValue: subject.process), startTicks: subject.startTicks)
    }
}
