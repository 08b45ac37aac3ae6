"""Deploys what `sam build` has built into MiniStack, an emulator that nobody here wrote, with the real
SAM CLI; plays the scenario of workbook/tests/scenario there; deletes it and looks at what is left.
Called by `.ci/deploy`: emulated.py MINISTACK ARCHITECTURE BUILT FOLDER...
"""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import boto3
import yaml

SECRETS = {"STRIPE_SECRET": "whsec_emulator_only", "WORKBOOK_SECRET": "signing_emulator_only"}
# What there may be after `sam delete`, and why.
MAY_STAY = [
    (r"stack aws-sam-cli-managed-default|bucket aws-sam-cli-managed-.*", "SAM's own, for its uploads"),
    (r"queue .*/payments-final-BroadcastFailures-.*", "the template retains it: what is in it are payments"),
    (r"log group /aws/lambda/payments-04-.*", "made by Lambda itself, for a step without log groups of its own"),
]


def cut_off():
    """Makes the address of this machine the only one, where this is a network of its own."""
    if os.getpid() != 1:
        return
    with socket.socket() as any_socket:
        # SIOCSIFFLAGS: up and running.
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x41))
        try:
            any_socket.connect(("192.0.2.1", 443))
        except OSError as error:
            print(f"no way out of here: {error.strerror}")
        else:
            sys.exit("there is a way out of this network")


@contextlib.contextmanager
def emulator(program, state):
    """The emulator, and its address. What is in its environment, its functions get too: so DynamoDB, SNS
    and SQS are where it is. `@connections` has a variable in the template: see `connections`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    log = state / "emulator.log"
    (state / "tmp").mkdir()
    variables = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(state),
        "TMPDIR": str(state / "tmp"),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with open(log, "w") as output:
        process = subprocess.Popen(
            [program], env=variables, stdout=output, stderr=output, start_new_session=True
        )
    try:
        until = time.monotonic() + 120
        while "Running on" not in log.read_text():
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(f"the emulator does not start\n{log.read_text()}")
            time.sleep(0.1)
        yield endpoint
    except BaseException:
        print("The end of the emulator's log:")
        print("\n".join(line[:300] for line in log.read_text().splitlines()[-60:]))
        raise
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Stack:
    """One stack in the emulator."""

    def __init__(self, folder, architecture, built, endpoint):
        self.folder, self.endpoint = folder, endpoint
        # Short, or the names of functions, which begin with it, are cut.
        self.name = "payments-" + pathlib.Path(folder).name.split("-")[0]
        self.architecture = f"Architecture={architecture}"
        self.template = self.without_what_is_refused(pathlib.Path(built) / folder / "template.yaml")

    def without_what_is_refused(self, built):
        template = yaml.safe_load(built.read_text())
        resources = template["Resources"]
        for name, resource in list(resources.items()):
            # The only thing that no parameter switches off.
            if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
                del resources[name]
                print(f"left out: {name}; the emulator has no alarms on more than one metric")
        if "EnableWebhookIpAllowList" in template["Parameters"]:
            print("switched off by EnableWebhookIpAllowList=false: the WebACL; the emulator has no IP sets")
        copy = built.with_name("emulated.yaml")
        copy.write_text(yaml.safe_dump(template, sort_keys=False))
        return copy

    def sam(self, *arguments):
        command = ["sam", *arguments, "--stack-name", self.name]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            said = [line for line in done.stdout.splitlines() if "Uploading to" not in line]
            sys.exit("\n".join([f"{' '.join(command[:2])} failed:", *said]))
        return done.stdout

    def deploy(self, *parameters):
        self.sam(
            "deploy",
            "--config-file", str(pathlib.Path(self.folder, "samconfig.toml").resolve()),
            "--template-file", str(self.template),
            "--no-confirm-changeset",
            "--parameter-overrides", self.architecture, *parameters,
        )
        print(f"sam deploy: {', '.join(parameter.split('=')[0] for parameter in parameters)} given")

    def outputs(self):
        """By name."""
        outputs = json.loads(self.sam("list", "stack-outputs", "--output", "json"))
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def here(self, url, scheme):
        """Where the emulator has what AWS has under a host name."""
        api, stage = re.fullmatch(r"\w+://(\w+)\.execute-api\.[^/]+/(\w+)", url).groups()
        return f"{self.endpoint}/_aws/execute-api/{api}/{stage}".replace("http:", f"{scheme}:", 1)

    def play(self, outputs):
        # Not the edge's: the emulator's CloudFront answers 307 to http, and reaches no origin.
        if "CloudFrontDomainName" in outputs:
            print("not used: CloudFrontDomainName; the emulator's CloudFront reaches no origin")
        urls = {
            "RestApiInvokeUrl": self.here(outputs["RestApiInvokeUrl"], "http"),
            "WebSocketApiUrl": self.here(outputs["WebSocketApiUrl"], "ws"),
        }
        urls = [{"OutputKey": name, "OutputValue": value} for name, value in urls.items()]
        play = ["cargo", "test", "--locked", "--offline", "--quiet", "--workspace", "--test", "scenario"]
        play += ["--", "--ignored", "--nocapture"]
        # SAM's variables are for SAM.
        variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        subprocess.run(play, check=True, env=variables | SECRETS | {"STACK_URLS": json.dumps(urls)})

    def check_addresses(self):
        """That the functions, which still run, were told of no address but the emulator's."""
        told = {}
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                variables = (process / "environ").read_text().split("\0")
                variables = dict(variable.split("=", 1) for variable in variables if "=" in variable)
                function = variables.get("AWS_LAMBDA_FUNCTION_NAME", "")
                if function.startswith(f"{self.name}-"):
                    names = sorted(name for name in variables if name.startswith("AWS_ENDPOINT_URL"))
                    told[function.split("-")[-2]] = {name: variables[name] for name in names}
        expected = ["PaymentBroadcaster", "PaymentConnections", "PaymentWebhookHandler"]
        if sorted(told) != expected:
            sys.exit(f"these functions run: {sorted(told)}, and not {expected}")
        for function, addresses in sorted(told.items()):
            for name, address in addresses.items():
                if not address.startswith(self.endpoint):
                    sys.exit(f"{function} was told of {address} by {name}")
            if "AWS_ENDPOINT_URL" not in addresses:
                sys.exit(f"{function} was told of no address")
            print(f"{function}: {', '.join(addresses)} all at the emulator")

    def delete(self):
        self.sam("delete", "--no-prompts", "--region", os.environ["AWS_REGION"])
        print("sam delete: done")


def what_is_there():
    """Everything of the kinds that our templates make."""

    def names(service, call, items, name, **arguments):
        client = boto3.client(service)
        found = getattr(client, call)(**arguments)
        for key in items.split("."):
            found = found.get(key) or []
        return [item if isinstance(item, str) else item[name] for item in found]

    stacks = boto3.client("cloudformation").list_stacks()["StackSummaries"]
    stacks = [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
    alarms = names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName")
    kinds = {
        "stack": stacks,
        "function": names("lambda", "list_functions", "Functions", "FunctionName"),
        "table": names("dynamodb", "list_tables", "TableNames", ""),
        "topic": names("sns", "list_topics", "Topics", "TopicArn"),
        "subscription": names("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
        "queue": names("sqs", "list_queues", "QueueUrls", ""),
        "REST API": names("apigateway", "get_rest_apis", "items", "id"),
        "WebSocket API": names("apigatewayv2", "get_apis", "Items", "ApiId"),
        "log group": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "role": names("iam", "list_roles", "Roles", "RoleName"),
        "alarm": alarms,
        "dashboard": names("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "distribution": names("cloudfront", "list_distributions", "DistributionList.Items", "Id"),
        "edge function": names("cloudfront", "list_functions", "FunctionList.Items", "Name"),
        "secret": names("secretsmanager", "list_secrets", "SecretList", "Name"),
        "bucket": names("s3", "list_buckets", "Buckets", "Name"),
    }
    return {f"{kind} {name}" for kind, all_names in kinds.items() for name in all_names}


def check_what_is_left(before):
    left = sorted(what_is_there() - before)
    unexplained = []
    for thing in left:
        why = next((why for pattern, why in MAY_STAY if re.fullmatch(pattern, thing)), None)
        print(f"left: {thing}: {why}")
        if why is None:
            unexplained.append(thing)
    if unexplained:
        sys.exit(f"sam delete has left {', '.join(unexplained)}")
    print("nothing else is left")


def main():
    ministack, architecture, built, *folders = sys.argv[1:]
    cut_off()
    state = pathlib.Path(tempfile.mkdtemp())
    try:
        with emulator(ministack, state) as endpoint:
            os.environ |= {
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                # Nobody's settings.
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "SAM_CLI_POLL_DELAY": "1",
            }
            for folder in folders:
                print(f"\n{folder}, deployed into MiniStack")
                before = what_is_there()
                stack = Stack(folder, architecture, built, endpoint)
                stack.deploy(
                    f"StripeEndpointSecret={SECRETS['STRIPE_SECRET']}",
                    f"SigningSecret={SECRETS['WORKBOOK_SECRET']}",
                )
                outputs = stack.outputs()
                # Its address has the API's id in it, so it takes an update, which keeps the secrets.
                connections = stack.here(outputs["WebSocketApiUrl"], "http")
                stack.deploy(f"ConnectionsEndpoint={connections}")
                stack.play(outputs)
                stack.check_addresses()
                stack.delete()
                check_what_is_left(before)
    finally:
        shutil.rmtree(state, ignore_errors=True)


sys.stdout.reconfigure(line_buffering=True)
main()
