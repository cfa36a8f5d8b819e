import Glibc

/// A visitor who looks at product pages for ever, and logs in again at every tenth.
func visitPages(on port: UInt16) {
    var number = 0
    while true {
        number &+= 1
        request(number % 10 == 0 ? "/login/\(number)" : "/products/\(number % 10)", on: port)
        pause(microseconds: 300)
    }
}

/// A clerk who asks for the stock, again and again, and waits for each answer.
func askForStock(on port: UInt16) {
    var number = 0
    while true {
        number &+= 1
        request("/stock/\(number % 600)", on: port)
        pause(microseconds: 2000)
    }
}

private func request(_ path: String, on port: UInt16) {
    guard let connection = try? Connection.open(toPort: port) else { return }
    connection.send("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    connection.drain()
}

/// Sleeps for less than a second.
func pause(microseconds: Int) {
    var time = timespec(tv_sec: 0, tv_nsec: microseconds * 1000)
    unsafe nanosleep(&time, nil)
}
