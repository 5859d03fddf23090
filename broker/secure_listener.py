"""A second listener of the broker, with TLS and passwords, to try what such brokers ask of their clients."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID_FOR = timedelta(days=30)
CERTIFICATE = "certificate.pem"
KEYSTORE = "keystore.pem"
MECHANISMS = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class SecureListener:
    """Its port of loopback, and the one user who is let in."""

    port: int
    user: str
    password: str

    def write_certificates(self, folder: Path) -> None:
        """Make a certificate of 127.0.0.1 that signs itself. Clients trust `certificate.pem`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + VALID_FOR)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        shown = certificate.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / CERTIFICATE).write_bytes(shown)
        (folder / KEYSTORE).write_bytes(private + shown)

    def configuration(self, folder: Path) -> dict[str, str]:
        """What the broker is told of it."""
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        return {
            "sasl.enabled.mechanisms": MECHANISMS,
            "listener.name.sasl_ssl.ssl.keystore.type": "PEM",
            "listener.name.sasl_ssl.ssl.keystore.location": str(folder / KEYSTORE),
            "listener.name.sasl_ssl.plain.sasl.jaas.config": (f'{module} required user_{self.user}="{self.password}";'),
            **{
                f"listener.name.sasl_ssl.{mechanism}.sasl.jaas.config": (
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;"
                )
                for mechanism in ("scram-sha-256", "scram-sha-512")
            },
        }

    def format_arguments(self) -> list[str]:
        """The user, as the folder is formatted with."""
        return [
            argument
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for argument in ("--add-scram", f"{mechanism}=[name={self.user},password={self.password}]")
        ]
