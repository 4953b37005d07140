import Replication
import Support
import Testing

struct `Mirrors in memory` {
    @Test func `do what a store of mirrors must`() throws {
        let store = MemoryReplicas(origin: "own.example/log", own: MemoryLedger())
        let complaints = try ReplicaConformance.complaints(
            network: DemoNetwork(), store: store, ownOrigin: store.origin)
        #expect(complaints == [])
    }
}
