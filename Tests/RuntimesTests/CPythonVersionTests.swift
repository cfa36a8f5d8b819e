internal import Runtimes
internal import Testing

@Suite("Versions of CPython")
struct CPythonVersionTests {
    @Test("the number in Py_Version has the version in its highest bytes")
    func readsTheNumber() {
        #expect(CPythonVersion(hexadecimal: 0x030C_01F0) == CPythonVersion(3, 12, 1))
        #expect(CPythonVersion(hexadecimal: 0x030E_00B2, isFreeThreaded: true).description == "3.14.0t")
    }

    @Test("versions are in the order of their parts, not of their texts")
    func isOrdered() {
        #expect(CPythonVersion(3, 9, 18) < CPythonVersion(3, 10, 0))
        #expect(CPythonVersion(3, 11, 2) < CPythonVersion(3, 11, 7))
    }
}
