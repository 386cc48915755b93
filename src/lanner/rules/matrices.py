"""The matrices that rules are held against: MITRE ATT&CK's for containers, Microsoft's for Kubernetes.

Ids, names and tactics as published: ATT&CK v16 (https://attack.mitre.org/matrices/enterprise/containers/), and those
techniques of its other platforms that lanner's rules name; https://microsoft.github.io/Threat-Matrix-for-Kubernetes/.
"""

from __future__ import annotations

from typing import NamedTuple


class Technique(NamedTuple):
    """One technique and the tactics that it serves."""

    id: str
    name: str
    tactics: tuple[str, ...]


ATTACK_TACTICS = (
    "Reconnaissance", "Initial Access", "Execution", "Persistence", "Privilege Escalation", "Defense Evasion",
    "Credential Access", "Discovery", "Lateral Movement", "Command and Control", "Impact",
)  # fmt: skip
KUBERNETES_TACTICS = (
    "Initial Access", "Execution", "Persistence", "Privilege Escalation", "Defense Evasion", "Credential Access",
    "Discovery", "Lateral Movement", "Collection", "Impact",
)  # fmt: skip

_SHORT = {
    "re": "Reconnaissance", "ia": "Initial Access", "ex": "Execution", "pe": "Persistence",
    "pr": "Privilege Escalation", "de": "Defense Evasion", "ca": "Credential Access", "di": "Discovery",
    "lm": "Lateral Movement", "co": "Collection", "cc": "Command and Control", "im": "Impact",
}  # fmt: skip

_ATTACK = """
T1595 re Active Scanning
T1190 ia Exploit Public-Facing Application
T1133 ia,pe External Remote Services
T1078 ia,pe,pr,de Valid Accounts
T1078.001 ia,pe,pr,de Valid Accounts: Default Accounts
T1078.003 ia,pe,pr,de Valid Accounts: Local Accounts
T1078.004 ia,pe,pr,de Valid Accounts: Cloud Accounts
T1609 ex Container Administration Command
T1610 ex,de Deploy Container
T1053.007 ex,pe,pr Scheduled Task/Job: Container Orchestration Job
T1204.003 ex User Execution: Malicious Image
T1098 pe,pr Account Manipulation
T1098.006 pe,pr Account Manipulation: Additional Container Cluster Roles
T1136.001 pe Create Account: Local Account
T1525 pe Implant Internal Image
T1543 pe,pr Create or Modify System Process
T1543.005 pe,pr Create or Modify System Process: Container Service
T1611 pr Escape to Host
T1068 pr Exploitation for Privilege Escalation
T1612 de Build Image on Host
T1036.005 de Masquerading: Match Legitimate Name or Location
T1070 de Indicator Removal
T1562 de Impair Defenses
T1562.001 de Impair Defenses: Disable or Modify Tools
T1562.008 de Impair Defenses: Disable or Modify Cloud Logs
T1550 de,lm Use Alternate Authentication Material
T1550.001 de,lm Use Alternate Authentication Material: Application Access Token
T1110 ca Brute Force
T1528 ca Steal Application Access Token
T1552 ca Unsecured Credentials
T1552.001 ca Unsecured Credentials: Credentials In Files
T1552.007 ca Unsecured Credentials: Container API
T1557 ca Adversary-in-the-Middle
T1649 ca Steal or Forge Authentication Certificates
T1613 di Container and Resource Discovery
T1046 di Network Service Discovery
T1069 di Permission Groups Discovery
T1210 lm Exploitation of Remote Services
T1090 cc Proxy
T1485 im Data Destruction
T1489 im Service Stop
T1490 im Inhibit System Recovery
T1496 im Resource Hijacking
T1498 im Network Denial of Service
T1499 im Endpoint Denial of Service
"""
_KUBERNETES = """
MS-TA9001 ia Using cloud credentials
MS-TA9002 ia Compromised image in registry
MS-TA9003 ia Kubeconfig file
MS-TA9004 ia Application vulnerability
MS-TA9005 ia Exposed sensitive interfaces
MS-TA9006 ex Exec into container
MS-TA9007 ex bash or cmd inside container
MS-TA9008 ex New container
MS-TA9009 ex Application exploit (RCE)
MS-TA9010 ex SSH server running inside container
MS-TA9011 ex Sidecar injection
MS-TA9012 pe Backdoor container
MS-TA9013 pe,pr,lm Writable hostPath mount
MS-TA9014 pe Kubernetes CronJob
MS-TA9015 pe,ca Malicious admission controller
MS-TA9016 pe,ca,lm Container service account
MS-TA9017 pe Static pods
MS-TA9018 pr Privileged container
MS-TA9019 pr Cluster-admin binding
MS-TA9020 pr,lm Access cloud resources
MS-TA9021 de Clear container logs
MS-TA9022 de Delete Kubernetes events
MS-TA9023 de Pod or container name similarity
MS-TA9024 de Connect from proxy server
MS-TA9025 ca List Kubernetes secrets
MS-TA9026 ca Mount service principal
MS-TA9027 ca,lm Application credentials in configuration files
MS-TA9028 ca Access managed identity credentials
MS-TA9029 di Access the Kubernetes API server
MS-TA9030 di Access Kubelet API
MS-TA9031 di Network mapping
MS-TA9032 di Access Kubernetes dashboard
MS-TA9033 di Instance metadata API
MS-TA9034 lm Cluster internal networking
MS-TA9035 lm CoreDNS poisoning
MS-TA9036 lm ARP poisoning and IP spoofing
MS-TA9037 co Images from a private registry
MS-TA9038 im Data destruction
MS-TA9039 im Resource hijacking
MS-TA9040 im Denial of service
MS-TA9041 co Collecting data from pod
"""


def attack() -> tuple[Technique, ...]:
    """Return ATT&CK's techniques for containers, in the order of its tactics."""
    return _techniques(_ATTACK)


def kubernetes() -> tuple[Technique, ...]:
    """Return the techniques of Microsoft's threat matrix for Kubernetes, in the order of their ids."""
    return _techniques(_KUBERNETES)


def _techniques(table: str) -> tuple[Technique, ...]:
    rows = (line.split(" ", 2) for line in table.strip().splitlines())
    return tuple(
        Technique(id_, name, tuple(_SHORT[each] for each in tactics.split(","))) for id_, tactics, name in rows
    )
