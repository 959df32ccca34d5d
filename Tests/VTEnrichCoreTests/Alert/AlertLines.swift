import Foundation
import VTEnrichCore

/// Lines of alerts.json to try things on.
enum AlertLines {
    /// About 150 alerts as a real analysisd wrote them, each of another kind or agent.
    static let real: [[UInt8]] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "Fixtures/alerts.json")
        return ((try? Data(contentsOf: file)) ?? Data()).split(separator: 0x0a).map(Array.init)
    }()

    /// What the real ones lack, in the same form: Windows, a cluster, an array of addresses, Suricata's inner timestamp,
    /// an event of ours, active response.
    static let others: [[UInt8]] = [
        #"{"timestamp":"2026-09-11T10:22:40.915+0200","rule":{"level":5,"description":"Logon Failure","id":"60122","firedtimes":1,"mail":false,"groups":["windows"," windows_security","authentication_failed\n"],"pci_dss":["10.2.4"]},"agent":{"id":"012","name":"DC01","ip":"FE80:0000:0000:0000:1876:67B9:B5D4:0765"},"manager":{"name":"m1"},"id":"1789114960.512777","cluster":{"name":"wazuh","node":"worker-1"},"decoder":{"name":"windows_eventchannel"},"data":{"win":{"system":{"eventID":"4625","message":"\"An account\r\n\tfailed\""},"eventdata":{"targetUserName":"svc-x","ipAddress":"2a01:db8::77","ipPort":"50111"}}},"location":"EventChannel"}"#,
        #"{"timestamp":"2026-09-11T10:21:02.007+0200","rule":{"level":3,"description":"x","id":"86601","groups":["ids","suricata"]},"agent":{"id":"007","name":"s"},"manager":{"name":"m1"},"id":"1789114862.490020","decoder":{"name":"json"},"data":{"timestamp":"2026-09-11T08:21:01.757912+0000","src_ip":"198.51.100.23","dns":{"answers":[{"rdata":"9.9.9.9","ttl":1},[],{},[[1.5,true,null]]]}},"location":"C:\\eve\\eve.json"}"#,
        #"{"timestamp":"2026-09-11T10:21:02.007+0200","rule":{"level":3,"id":"80202","groups":["amazon","aws"]},"manager":{"name":"m1"},"id":"1789114862.5","agentless":{"host":"h"},"data":{"srcip":["10.0.0.1",7,null,["1.1.1.1"],{"a":"1.1.1.1"},"9.9.9.9","8.8.8.8"],"aws":{"sourceIPAddress":"cloudtrail.amazonaws.com","service":{"action":{"networkConnectionAction":{"remoteIpDetails":{"ipAddressV4":"1.2.3.4"}}}}}},"location":"Wazuh-AWS"}"#,
        #"{"timestamp":"2026-09-11T10:23:02.007+0200","rule":{"level":12,"description":"malicious","id":"199901","firedtimes":1,"mail":true,"groups":["virustotal","vt_ip"]},"agent":{"id":"001","name":"web01","ip":"10.0.0.5"},"manager":{"name":"m1"},"id":"1789114862.6","decoder":{"name":"json"},"data":{"srcip":"64.62.197.132","integration":"virustotal_ip","virustotal_ip":{"found":"1","id":"0123456789abcdef0123456789abcdef","tags":[]}},"location":"virustotal_ip"}"#,
        #"{"timestamp":"2026-09-11T10:23:02.007+0200","rule":{"level":3,"description":"Host Blocked by firewall-drop Active Response","id":"651","groups":["ossec","active_response"]},"agent":{"id":"001","name":"web01"},"manager":{"name":"m1"},"id":"1789114862.7","full_log":"active-response/bin/firewall-drop: {\"version\":1,\"parameters\":{\"alert\":{\"timestamp\":\"2026\"}}}","decoder":{"name":"ar_log_json"},"data":{"srcip":"64.62.197.132"},"location":"/var/ossec/logs/active-responses.log"}"#,
    ].map { Array($0.utf8) }

    static let all = real + others

    /// What turns one kind of line into another.
    static let pieces: [[UInt8]] =
        [
            "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "0", "-1", "1.50", "1e3", "01", "true", "null",
            "\\u0000",
            "\\u00e9", "\\ud83d", "\\ud83d\\ude00", "\\udc00", "\\/", "\\x", "é", "\u{feff}", "\"id\":5710,",
            "\"id\":\"1\",",
            "\"level\":15,", "\"rule\":{},", "\"rule\":5,", "\"groups\":[\"vt_ip\"],", "\"groups\":[],",
            "\"groups\":\"sshd\",",
            "\"location\":\"virustotal_ip\",", ",\"location\":\"virustotal_ip\"",
            "\"data\":{\"integration\":\"virustotal_ip\"},",
            "\"srcip\":\"8.8.8.8\",", "\"srcip\":7,", "\"srcip\":[[]],", "\"\\u0069d\":\"5710\",", "{\"timestamp\":\"",
            "{\"timestamp\":\"2026\",\"rule\":{\"level\":9,\"id\":\"5710\",\"groups\":[\"sshd\"]}}", "\"vt_ip\",",
            "\" sshd \",",
        ].map { Array($0.utf8) } + [[0], [1], [0x7f], [0x80], [0xff], [0xe2, 0x82], [0xc3], [0xf0, 0x9f]]
}
