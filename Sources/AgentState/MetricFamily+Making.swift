import HostWatch
import MetricFamilies

extension MetricFamily {
    static func gauge(_ name: String, _ help: String, _ samples: [MetricSample]) -> MetricFamily {
        MetricFamily(name: name, help: help, kind: .gauge, samples: samples)
    }

    /// A gauge without labels; without a sample when the value is not known.
    static func gauge(_ name: String, _ help: String, _ value: Double?) -> MetricFamily {
        gauge(name, help, value.map { [MetricSample($0)] } ?? [])
    }

    /// `name` without `_total`.
    static func counter(_ name: String, _ help: String, _ samples: [MetricSample]) -> MetricFamily {
        MetricFamily(name: name, help: help, kind: .counter, samples: samples)
    }

    /// A counter without labels; without a sample when the value is not known.
    static func counter(_ name: String, _ help: String, _ value: Double?) -> MetricFamily {
        counter(name, help, value.map { [MetricSample($0)] } ?? [])
    }
}

extension Known where Value: BinaryInteger {
    var number: Double? { value.map { Double($0) } }
}
