import CLinux

/// The memory allocator of the process. The service shares its machine: what a busy moment needed goes back afterwards.
package enum Heap {
    /// Call once, before there are other threads.
    package static func limit() { vt_limit_heap() }
}
