/// Sonde's version, the same for all of its programs.
package enum Version {
    package static let text = "0.1.0"
}
