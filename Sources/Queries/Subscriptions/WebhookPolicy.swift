package import Records

/// Which destinations a node sends events to.
///
/// Members of the network say where; a node must not be made to call services of its own network
/// for them. So only `https`, and only addresses that the whole Internet reaches, unless the
/// node's operator names the host. A name is judged by the addresses it resolves to, each time
/// and before the connection, which then goes to the address that was judged.
package struct WebhookPolicy: Hashable, Sendable {
    /// A host that the operator names, perhaps with the one port that is meant.
    package struct Host: Hashable, Sendable {
        /// The host in lower case, an IPv6 address without brackets.
        package let name: String
        /// The port; nil for every port.
        package let port: UInt16?
    }

    /// The hosts that the operator names.
    package let hosts: [Host]

    /// Nothing but public addresses.
    package static let publicOnly = WebhookPolicy(hosts: [])

    private init(hosts: [Host]) {
        self.hosts = hosts
    }

    /// Reads the setting `webhookHosts`: hosts, each perhaps with a port, separated by commas.
    ///
    /// - Throws: `subscription.destination` naming the host that is malformed.
    package init(_ text: String) throws(Refusal) {
        var hosts: [Host] = []
        for part in text.split(separator: ",") {
            let entry = part.filter { $0 != " " }
            guard !entry.contains(where: { "/?@".contains($0) }) else {
                throw .destination("'\(entry)' is no host")
            }
            let isBare = entry.filter({ $0 == ":" }).count > 1 && !entry.hasPrefix("[")
            let read = try WebhookDestination("http://" + (isBare ? "[\(entry)]" : entry))
            let hasPort =
                !isBare
                && (entry.hasPrefix("[")
                    ? entry.contains("]:")
                    : entry.contains(":"))
            hosts.append(Host(name: read.host, port: hasPort ? read.port : nil))
        }
        self.init(hosts: hosts)
    }

    /// Whether the operator names a destination's host.
    package func names(_ destination: WebhookDestination) -> Bool {
        hosts.contains { host in
            host.name == destination.host && (host.port ?? destination.port) == destination.port
        }
    }

    /// Refuses what can be told from a URL alone.
    ///
    /// - Throws: `subscription.destination`.
    package func check(_ destination: WebhookDestination) throws(Refusal) {
        guard !names(destination) else { return }
        guard destination.isSecure else { throw .destination("the scheme is https") }
        let labels = destination.host.split(separator: ".")
        guard labels.last != "localhost", !Self.isOddAddress(labels) else { throw Self.notPublic }
    }

    /// Whether a host is an IPv4 address in a spelling such as `127.1` or `0x7f.1`, which resolvers
    /// read, too; no top-level domain is a number.
    private static func isOddAddress(_ labels: [Substring]) -> Bool {
        let digits: ClosedRange<UInt8> = 0x30...0x39
        guard let last = labels.last, let first = last.utf8.first, digits.contains(first),
            last.hasPrefix("0x") || last.utf8.allSatisfy(digits.contains)
        else { return false }
        let isPlain = labels.allSatisfy { UInt8($0).map(String.init) == String($0) }
        return labels.count != 4 || !isPlain
    }

    /// Refuses a destination that resolved to these addresses of 4 or 16 bytes, if one of them is
    /// not public.
    ///
    /// - Throws: `subscription.destination`.
    package func check(
        _ destination: WebhookDestination, addresses: [[UInt8]]
    ) throws(Refusal) {
        guard !names(destination) else { return }
        guard addresses.allSatisfy(PublicAddresses.contain) else { throw Self.notPublic }
    }

    private static let notPublic = Refusal.destination(
        "the host is not on the public Internet; the node's operator can name it in webhookHosts")
}

/// The addresses that every host of the Internet can reach (IANA's special-purpose registries).
package enum PublicAddresses {
    private struct Block {
        var bytes: [UInt8]
        var bits: Int

        init(_ bits: Int, _ bytes: UInt8...) {
            self.bits = bits
            self.bytes = bytes
        }

        func contains(_ address: [UInt8]) -> Bool {
            for bit in 0..<bits {
                let mask: UInt8 = 0x80 >> UInt8(bit % 8)
                let wanted = bit / 8 < bytes.count ? bytes[bit / 8] & mask : 0
                guard address[bit / 8] & mask == wanted else { return false }
            }
            return true
        }
    }

    /// IPv4: all but these are public.
    private static let special4 = [
        Block(8, 0), Block(8, 10), Block(10, 100, 64), Block(8, 127), Block(16, 169, 254),
        Block(12, 172, 16), Block(24, 192, 0, 0), Block(24, 192, 0, 2), Block(24, 192, 88, 99),
        Block(16, 192, 168), Block(15, 198, 18), Block(24, 198, 51, 100), Block(24, 203, 0, 113),
        Block(4, 224), Block(4, 240),
    ]
    /// IPv6: only what is in 2000::/3, where these are not.
    ///
    /// They are IETF protocols with Teredo, documentation and 6to4; mapped and translated IPv4
    /// addresses lie outside.
    private static let special6 = [
        Block(23, 0x20, 0x01), Block(32, 0x20, 0x01, 0x0D, 0xB8), Block(16, 0x20, 0x02),
        Block(20, 0x3F, 0xFF),
    ]

    /// Whether an address of 4 or 16 bytes is public.
    package static func contain(_ address: [UInt8]) -> Bool {
        switch address.count {
        case 4: !special4.contains { $0.contains(address) }
        case 16: address[0] & 0xE0 == 0x20 && !special6.contains { $0.contains(address) }
        default: false
        }
    }
}
