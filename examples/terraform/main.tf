# A managed node group by Terraform, with gVisor. The group's own tags do not reach its instances, so the launch template tags them.
# With a custom image EKS adds nothing to the user data, so gate and label are in both places. The gate has the prefix by which the
# Cluster Autoscaler recognizes a startup taint: set `gate: startup-taint.cluster-autoscaler.kubernetes.io/airlock` in airlock.yaml.

variable "cluster_name" {
  type = string
}

variable "image_id" {
  type        = string
  description = "Canonical's Ubuntu image for the cluster's version of Kubernetes"
}

variable "subnet_ids" {
  type = list(string)
}

variable "node_role_arn" {
  type        = string
  description = "A node role with AmazonSSMManagedInstanceCore"
}

data "aws_eks_cluster" "this" {
  name = var.cluster_name
}

resource "aws_launch_template" "sandboxed" {
  name_prefix   = "airlock-gvisor-"
  image_id      = var.image_id
  instance_type = "m7i.large"

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  tag_specifications {
    resource_type = "instance"
    tags = {
      "airlock:runtime" = "gvisor"
    }
  }

  user_data = base64encode(<<-EOT
    #!/bin/bash
    set -euo pipefail
    # These images hold their snaps, and Airlock needs the agent 3.3.2746.0 or newer.
    snap refresh amazon-ssm-agent || true
    /etc/eks/bootstrap.sh ${var.cluster_name} \
      --apiserver-endpoint ${data.aws_eks_cluster.this.endpoint} \
      --b64-cluster-ca ${data.aws_eks_cluster.this.certificate_authority[0].data} \
      --kubelet-extra-args '--register-with-taints=startup-taint.cluster-autoscaler.kubernetes.io/airlock=:NoSchedule --node-labels=airlock.dev/runtime=gvisor'
  EOT
  )
}

resource "aws_eks_node_group" "sandboxed" {
  cluster_name    = var.cluster_name
  node_group_name = "airlock-gvisor"
  node_role_arn   = var.node_role_arn
  subnet_ids      = var.subnet_ids

  launch_template {
    id      = aws_launch_template.sandboxed.id
    version = aws_launch_template.sandboxed.latest_version
  }

  scaling_config {
    min_size     = 0
    max_size     = 20
    desired_size = 0
  }

  # The Cluster Autoscaler reads these while there is no node.
  labels = {
    "airlock.dev/runtime" = "gvisor"
  }

  taint {
    key    = "startup-taint.cluster-autoscaler.kubernetes.io/airlock"
    effect = "NO_SCHEDULE"
  }
}
