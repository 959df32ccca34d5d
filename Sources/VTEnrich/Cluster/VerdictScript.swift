/// The cluster's verdicts as a Lua script. `PREFIX:v:ADDRESS` holds a verdict as `rank time JSON` until it expires, where a higher
/// rank is newer; `PREFIX:c:ADDRESS` the node that looks it up now; the stream `PREFIX:news` the addresses that got one lately.
///
/// Losing any of it costs a lookup that was made before, never a limit: requests are the quota's.
enum VerdictScript {
    static let source = """
        local op, base = ARGV[1], KEYS[1]
        if op == 'news' then
            local last = ARGV[2]
            local newest = redis.call('XREVRANGE', base .. ':news', '+', '-', 'COUNT', 1)
            local top = newest[1] and newest[1][1] or '0-0'
            if last == '' then return { top, {} } end
            local entries = redis.call('XRANGE', base .. ':news', '(' .. last, '+', 'COUNT', 100)
            local found = {}
            for _, entry in ipairs(entries) do
                last = entry[1]
                local verdict = redis.call('GET', base .. ':v:' .. entry[2][2])
                if verdict then
                    found[#found + 1] = entry[2][2]
                    found[#found + 1] = verdict
                end
            end
            return { last, found }
        end
        local address, token = ARGV[2], ARGV[3]
        local verdict, claim = base .. ':v:' .. address, base .. ':c:' .. address
        if op == 'claim' then
            local known = redis.call('GET', verdict)
            if known and tonumber(string.match(known, '^%S+')) > tonumber(ARGV[4]) then return { 'known', known } end
            local owner = redis.call('GET', claim)
            if owner and owner ~= token then return { 'taken' } end
            redis.call('SET', claim, token, 'PX', ARGV[5])
            return { 'mine' }
        end
        if op == 'publish' then
            local known = redis.call('GET', verdict)
            if not known or tonumber(string.match(known, '^%S+')) <= tonumber(string.match(ARGV[4], '^%S+')) then
                redis.call('SET', verdict, ARGV[4], 'PX', ARGV[5])
                redis.call('XADD', base .. ':news', 'MAXLEN', '~', 2000, '*', 'a', address)
            end
        end
        if redis.call('GET', claim) == token then redis.call('DEL', claim) end
        return { 'done' }
        """
}
