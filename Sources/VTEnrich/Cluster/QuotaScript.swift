/// The cluster's quota as one Lua script: atomic, and by the server's clock alone. `docs/ARCHITECTURE.md`, "Several managers",
/// says why its rules keep the limits.
///
/// One hash holds all of it, so that an eviction takes all or nothing. Its fields: `run` the server's run id, `quiet` and `blind`
/// until when nothing is granted after a change of it, `closed` until when VirusTotal said 429, `rejected` the fingerprint of a
/// rejected key, `n:NODE` who is there, `l:NODE:TICKET` a token's return, `d:DATE:NODE` and `m:MONTH:NODE` what a node spent,
/// `o:DATE` and `p:MONTH` what others spent with the key, `x:DATE` who told of a spent day. Times are milliseconds.
enum QuotaScript {
    static let source = """
        local req = cjson.decode(ARGV[1])
        local key, me = KEYS[1], req.node
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local reply = { now = now }
        if req.deadline and now > req.deadline then
            reply.late = true
            return cjson.encode(reply)
        end

        local function civil(days)
            local z = days + 719468
            local era = math.floor(z / 146097)
            local doe = z - era * 146097
            local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
            local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
            local mp = math.floor((5 * doy + 2) / 153)
            local month = mp < 10 and mp + 3 or mp - 9
            local year = yoe + era * 400 + (month <= 2 and 1 or 0)
            return string.format('%04d-%02d-%02d', year, month, doy - math.floor((153 * mp + 2) / 5) + 1)
        end
        local day = math.floor(now / 86400000)
        local date, yesterday = civil(day), civil(day - 1)
        local month = string.sub(date, 1, 7)

        local raw, h = redis.call('HGETALL', key), {}
        for i = 1, #raw, 2 do h[raw[i]] = raw[i + 1] end
        local function put(field, value)
            value = tostring(value)
            if type(value) == 'string' and h[field] ~= value then
                h[field] = value
                redis.call('HSET', key, field, value)
            end
        end
        local function drop(field)
            h[field] = nil
            redis.call('HDEL', key, field)
        end
        local function ms(value) return string.format('%.0f', value) end
        local function at(field) return tonumber(h[field] or 0) end

        -- Another server, or one that lost its memory: what it knows may be old or nothing.
        local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
        if h.run ~= run then
            local gone = {}
            for field in pairs(h) do if string.sub(field, 1, 2) == 'n:' then gone[#gone + 1] = field end end
            for _, field in ipairs(gone) do drop(field) end
            put('run', run)
            put('quiet', ms(now + req.inflight))
        end

        local mine = h['n:' .. me] and cjson.decode(h['n:' .. me])
        if req.op ~= 'join' and (not mine or mine.inc ~= req.inc) then
            reply.join = true
            return cjson.encode(reply)
        end
        if req.op == 'join' then
            local same = mine and mine.inc == req.inc
            local old = {}
            for field in pairs(h) do
                if string.sub(field, 1, #me + 3) == 'l:' .. me .. ':' then old[#old + 1] = field end
            end
            for _, field in ipairs(old) do
                if req.unknown > 0 then
                    put(field, ms(math.min(at(field), now + req.hold)))
                else
                    drop(field)
                end
            end
            for ticket, left in pairs(req.held) do put('l:' .. me .. ':' .. ticket, ms(now + left)) end
            if req.unknown > 0 and at('quiet') > now then put('blind', ms(math.max(at('blind'), now + req.unknown))) end
            if not same then
                req.day = math.max(req.day, at('d:' .. req.date .. ':' .. me))
                req.month = math.max(req.month, at('m:' .. string.sub(req.date, 1, 7) .. ':' .. me))
            end
            for field, count in pairs(req.known) do
                local other = string.match(field, '^[dm]:[%d-]+:(%w+)$')
                if other and other ~= me and not h['n:' .. other] and count > at(field) then put(field, count) end
            end
            if req.closed > now then put('closed', ms(math.max(at('closed'), req.closed))) end
            if req.rejected then put('rejected', req.rejected) end
            if req.noticed and not h['x:' .. req.noticed] then put('x:' .. req.noticed, 'told') end
        end

        local lease = req.op == 'leave' and now or now + req.lease
        put('n:' .. me, cjson.encode({ inc = req.inc, lease = ms(lease), name = req.name, timeout = req.inflight }))
        local function tell(count, total)
            put('d:' .. req.date .. ':' .. me, count)
            put('m:' .. string.sub(req.date, 1, 7) .. ':' .. me, total)
        end
        if req.op ~= 'reserve' then tell(req.day, req.month) end

        if req.op == 'finish' then
            local field = 'l:' .. me .. ':' .. req.ticket
            if req.sent then put(field, ms(now + req.left)) else drop(field) end
        elseif req.op == 'close' then
            put('closed', ms(math.max(at('closed'), req.closed)))
        elseif req.op == 'open' then
            drop('closed')
        elseif req.op == 'reject' then
            put('rejected', req.rejected)
        elseif req.op == 'accept' then
            if h.rejected == req.rejected then drop('rejected') end
        elseif req.op == 'notice' then
            if not h['x:' .. req.date] then put('x:' .. req.date, me) end
            reply.notice = h['x:' .. req.date] == me
        end

        -- Who is there, who holds tokens, who spent what.
        local nodes, here, present, old = {}, {}, 0, {}
        reply.timeout = req.inflight
        local held, returns, total = {}, {}, 0
        local days, months = {}, {}
        for field, value in pairs(h) do
            local kind = string.sub(field, 1, 2)
            if kind == 'n:' then
                local node, record = string.sub(field, 3), cjson.decode(value)
                local lives = tonumber(record.lease) > now
                nodes[node] = { name = record.name, present = lives, seen = tonumber(record.lease), day = 0, month = 0 }
                if lives then
                    present, here[node] = present + 1, true
                    reply.timeout = math.max(reply.timeout, record.timeout)
                elseif tonumber(record.lease) < now - 172800000 then
                    old[#old + 1] = field
                end
            elseif kind == 'l:' then
                if tonumber(value) <= now then
                    old[#old + 1] = field
                else
                    local node = string.match(field, '^l:(%w+):')
                    held[node] = (held[node] or 0) + 1
                    total = total + 1
                    returns[total] = tonumber(value)
                end
            elseif kind == 'd:' or kind == 'm:' then
                local when, node = string.match(field, '^%a:([%d-]+):(%w+)$')
                if when == date then
                    days[node] = tonumber(value)
                elseif when == month then
                    months[node] = tonumber(value)
                elseif kind == 'm:' or when < yesterday then
                    old[#old + 1] = field
                end
            elseif kind == 'o:' or kind == 'x:' then
                if string.sub(field, 3) < yesterday then old[#old + 1] = field end
            elseif kind == 'p:' and string.sub(field, 3) ~= month then
                old[#old + 1] = field
            end
        end
        for _, field in ipairs(old) do drop(field) end
        table.sort(returns)

        local function sum(counts)
            local all = 0
            for _, count in pairs(counts) do all = all + count end
            return all
        end
        if req.op == 'learn' then
            put('o:' .. date, math.max(0, req.serverDay - sum(days)))
            put('p:' .. month, math.max(0, req.serverMonth - sum(months)))
        end
        local othersDay, othersMonth = at('o:' .. date), math.max(at('p:' .. month), at('o:' .. date))

        -- What is counted against a limit: of those who are here what they told, of the others at least the share that they
        -- may spend on their own. `unseen`: what a node may have got that this server never saw.
        local away = math.max(0, req.nodes - present)
        local function counted(counts, share, unseen)
            local all, others = 0, {}
            for node, count in pairs(counts) do
                if here[node] then
                    all = all + count
                else
                    if not h['n:' .. node] and count > 0 then count = count + unseen end
                    others[#others + 1] = count
                end
            end
            table.sort(others, function(a, b) return a > b end)
            for i = 1, math.max(#others, away) do
                local count = others[i] or 0
                all = all + (i <= away and math.max(share, count) or count)
            end
            return all
        end
        local isMajority = present * 2 > req.nodes
        if present >= req.nodes and h.quiet then drop('quiet') end
        local isQuiet = now < at('blind') or (now < at('quiet') and present < req.nodes)

        if req.op == 'reserve' then
            local before = { days[me] or 0, months[me] or 0 }
            days[me], months[me] = req.day - 1, req.month - 1
            local ofDay = counted(days, req.shareDay, req.perMinute) + othersDay
            local ofMonth = counted(months, req.shareMonth, req.perMinute) + othersMonth
            local ofMinute = counted(held, req.shareMinute, 0)
            if req.date ~= date then
                reply.grant = 'again'
            elseif ofMonth >= req.perMonth or (not isMajority and months[me] >= req.shareMonth) then
                reply.grant = 'month'
            elseif ofDay >= req.perDay or (not isMajority and days[me] >= req.shareDay) then
                reply.grant = 'day'
            elseif req.reserved > 0 and ofDay + req.reserved >= req.perDay then
                reply.grant = 'held'
            elseif h.rejected and h.rejected == req.key then
                reply.grant = 'rejected'
            elseif at('closed') > now then
                reply.grant = 'closed'
            elseif isQuiet then
                reply.grant = 'minute'
                reply.next = math.max(at('blind'), at('quiet'))
            elseif ofMinute >= req.perMinute or (not isMajority and (held[me] or 0) >= req.shareMinute) then
                reply.grant = 'minute'
                reply.next = returns[1]
            else
                reply.grant = 'granted'
                put('l:' .. me .. ':' .. req.ticket, ms(now + req.inflight))
                total = total + 1
                returns[total] = now + req.inflight
                days[me], months[me] = req.day, req.month
            end
            tell(days[me], months[me])
        end

        reply.minute, reply.day, reply.month = total, sum(days) + othersDay, sum(months) + othersMonth
        reply.others, reply.date, reply.present = othersDay, date, present
        reply.quiet = isQuiet and math.max(at('blind'), at('quiet')) or nil
        reply.closed = at('closed') > now and at('closed') or nil
        reply.rejected, reply.noticed = h.rejected, h['x:' .. date] and date or nil
        reply.free = returns[1]
        reply.majority = isMajority
        reply.mine = { day = at('d:' .. req.date .. ':' .. me), month = at('m:' .. string.sub(req.date, 1, 7) .. ':' .. me) }
        reply.spent = {}
        for field, value in pairs(h) do
            if string.match(field, '^[dm]:') then reply.spent[field] = tonumber(value) end
        end
        for node, count in pairs(days) do
            nodes[node] = nodes[node] or { name = '', present = false, seen = 0, month = 0 }
            nodes[node].day = count
        end
        for node, count in pairs(months) do
            if nodes[node] then nodes[node].month = count end
        end
        reply.nodes = nodes
        return cjson.encode(reply)
        """
}
