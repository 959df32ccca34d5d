import GRDB
package import VTEnrichCore

/// What a node of a cluster keeps here: who it is, whether it may be a member, and the others' verdicts.
extension Store {
    /// The name under which the cluster counts what this state spent; made once.
    package func clusterNode() throws(StoreError) -> String {
        try write("naming the node") { db in
            if let name = try db.meta("cluster_node") { return name }
            let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            let name = String(repeating: "0", count: 16 - digits.count) + digits
            try db.setMeta("cluster_node", name)
            return name
        }
    }

    package func clusterStanding() throws(StoreError) -> StoredStanding {
        try read("reading the standing in the cluster") { StoredStanding(try $0.meta("cluster_standing")) }
    }

    package func setClusterStanding(_ standing: StoredStanding) throws(StoreError) {
        try write("noting the standing in the cluster") { try $0.setMeta("cluster_standing", standing.description) }
    }

    /// Verdicts that other nodes got, where none is here that is as new; the alerts of their addresses ask the cache again.
    package func keep(_ entries: [IPAddress: CachedVerdict]) throws(StoreError) {
        guard !entries.isEmpty else { return }
        try write("keeping the cluster's verdicts") { db in
            for (address, entry) in entries {
                let known = try cachedVerdict(for: address.description, in: db)
                if known.map({ $0.rank < entry.rank }) ?? true { try entry.save(as: address, in: db) }
                try db.run("UPDATE waiting SET checked = 0 WHERE address = ?", [address.description])
            }
        }
    }

    /// Addresses that wait for a lookup, in the order of their text, from after `address` on.
    package func waitingAddresses(after address: String, limit: Int) throws(StoreError) -> [IPAddress] {
        try read("reading the waiting addresses") { db in
            try String.fetchAll(
                db, sql: "SELECT address FROM waiting WHERE checked = 1 AND address > ? ORDER BY address LIMIT ?",
                arguments: [address, limit]
            ).compactMap { IPAddress($0) }
        }
    }
}

extension CachedVerdict {
    /// Of two entries for an address the one with the higher rank holds: the younger answer, and with its files.
    package var rank: Double { fetchedAt + (pivot == nil ? 0 : 0.5) }
}
