import MerkleTrees
import Testing

@testable import PeerTransport

struct AdmittanceTests {
    private var limits: PeerLimits {
        var limits = PeerLimits()
        (limits.handshakes, limits.handshakesOfSource) = (4, 3)
        (limits.connections, limits.connectionsOfKey) = (3, 2)
        return limits
    }

    private func key(_ number: UInt8) -> Hash256 { Hash256.sha256([number]) }

    @Test func `a source has so many handshakes, and places come free`() {
        var admittance = Admittance(limits)
        for id in 1...3 { #expect(admittance.arrived(UInt64(id), from: [1]) == .welcome) }
        #expect(admittance.arrived(4, from: [1]) == .refused)
        #expect(admittance.arrived(5, from: [2]) == .welcome)
        admittance.left(2)
        #expect(admittance.arrived(6, from: [1]) == .welcome)
        #expect(admittance.counts == (4, 0))
    }

    @Test func `where all places are taken, the busiest source gives its oldest`() {
        var admittance = Admittance(limits)
        for (id, source) in [(1, 9), (2, 1), (3, 1), (4, 2)] as [(UInt64, UInt8)] {
            #expect(admittance.arrived(id, from: [source]) == .welcome)
        }
        #expect(admittance.arrived(5, from: [3]) == .welcomeInsteadOf(2))
        #expect(admittance.arrived(6, from: [3]) == .welcomeInsteadOf(1))
        #expect(admittance.arrived(7, from: [4]) == .welcomeInsteadOf(5))
        #expect(admittance.counts == (4, 0))
        #expect(admittance.proved(5, key(1)) == false)
    }

    @Test func `peers are counted by key and in all, and make room for handshakes`() {
        var admittance = Admittance(limits)
        for (id, number) in [(1, 1), (2, 1), (3, 2)] as [(UInt64, UInt8)] {
            #expect(admittance.arrived(id, from: [1]) == .welcome)
            #expect(admittance.proved(id, key(number)) == true)
        }
        #expect(admittance.counts == (0, 3))
        _ = admittance.arrived(4, from: [1])
        #expect(admittance.proved(4, key(3)) == false)
        #expect(admittance.counts == (1, 3))
        admittance.left(4)
        admittance.left(3)
        _ = admittance.arrived(5, from: [1])
        #expect(admittance.proved(5, key(1)) == false)
        #expect(admittance.proved(5, key(3)) == true)
        for id in 1...5 { admittance.left(UInt64(id)) }
        #expect(admittance.counts == (0, 0))
    }
}
