"""The built-in API as kube-apiserver 1.36.3 describes itself in its discovery documents, every feature turned on.

Written by a program from these documents, one resource a line: group, versions, resource, kind, singular, short names,
scope, verbs, subresources with their verbs. A verb is a letter: c create, d delete, g get, l list, p patch, u update,
w watch, x deletecollection.
"""

TABLE = """
"" v1 bindings Binding binding - namespaced c
"" v1 componentstatuses ComponentStatus componentstatus cs cluster gl
"" v1 configmaps ConfigMap configmap cm namespaced cdglpuwx
"" v1 endpoints Endpoints endpoints ep namespaced cdglpuwx
"" v1 events Event event ev namespaced cdglpuwx
"" v1 limitranges LimitRange limitrange limits namespaced cdglpuwx
"" v1 namespaces Namespace namespace ns cluster cdglpuw finalize:u status:gpu
"" v1 nodes Node node no cluster cdglpuwx proxy:cdgpu status:gpu
"" v1 persistentvolumeclaims PersistentVolumeClaim persistentvolumeclaim pvc namespaced cdglpuwx status:gpu
"" v1 persistentvolumes PersistentVolume persistentvolume pv cluster cdglpuwx status:gpu
"" v1 pods Pod pod po namespaced cdglpuwx attach:cg binding:c ephemeralcontainers:gpu eviction:c exec:cg log:g portforward:cg proxy:cdgpu resize:gpu status:gpu
"" v1 podtemplates PodTemplate podtemplate - namespaced cdglpuwx
"" v1 replicationcontrollers ReplicationController replicationcontroller rc namespaced cdglpuwx scale:gpu status:gpu
"" v1 resourcequotas ResourceQuota resourcequota quota namespaced cdglpuwx status:gpu
"" v1 secrets Secret secret - namespaced cdglpuwx
"" v1 serviceaccounts ServiceAccount serviceaccount sa namespaced cdglpuwx token:c
"" v1 services Service service svc namespaced cdglpuwx proxy:cdgpu status:gpu
admissionregistration.k8s.io v1,v1beta1,v1alpha1 mutatingadmissionpolicies MutatingAdmissionPolicy mutatingadmissionpolicy - cluster cdglpuwx
admissionregistration.k8s.io v1,v1beta1,v1alpha1 mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding mutatingadmissionpolicybinding - cluster cdglpuwx
admissionregistration.k8s.io v1 mutatingwebhookconfigurations MutatingWebhookConfiguration mutatingwebhookconfiguration - cluster cdglpuwx
admissionregistration.k8s.io v1 validatingadmissionpolicies ValidatingAdmissionPolicy validatingadmissionpolicy - cluster cdglpuwx status:gpu
admissionregistration.k8s.io v1 validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding validatingadmissionpolicybinding - cluster cdglpuwx
admissionregistration.k8s.io v1 validatingwebhookconfigurations ValidatingWebhookConfiguration validatingwebhookconfiguration - cluster cdglpuwx
apiextensions.k8s.io v1 customresourcedefinitions CustomResourceDefinition customresourcedefinition crd,crds cluster cdglpuwx status:gpu
apiregistration.k8s.io v1 apiservices APIService apiservice - cluster cdglpuwx status:gpu
apps v1 controllerrevisions ControllerRevision controllerrevision - namespaced cdglpuwx
apps v1 daemonsets DaemonSet daemonset ds namespaced cdglpuwx status:gpu
apps v1 deployments Deployment deployment deploy namespaced cdglpuwx scale:gpu status:gpu
apps v1 replicasets ReplicaSet replicaset rs namespaced cdglpuwx scale:gpu status:gpu
apps v1 statefulsets StatefulSet statefulset sts namespaced cdglpuwx scale:gpu status:gpu
authentication.k8s.io v1 selfsubjectreviews SelfSubjectReview selfsubjectreview - cluster c
authentication.k8s.io v1 tokenreviews TokenReview tokenreview - cluster c
authorization.k8s.io v1 localsubjectaccessreviews LocalSubjectAccessReview localsubjectaccessreview - namespaced c
authorization.k8s.io v1 selfsubjectaccessreviews SelfSubjectAccessReview selfsubjectaccessreview - cluster c
authorization.k8s.io v1 selfsubjectrulesreviews SelfSubjectRulesReview selfsubjectrulesreview - cluster c
authorization.k8s.io v1 subjectaccessreviews SubjectAccessReview subjectaccessreview - cluster c
autoscaling v2,v1 horizontalpodautoscalers HorizontalPodAutoscaler horizontalpodautoscaler hpa namespaced cdglpuwx status:gpu
batch v1 cronjobs CronJob cronjob cj namespaced cdglpuwx status:gpu
batch v1 jobs Job job - namespaced cdglpuwx status:gpu
certificates.k8s.io v1 certificatesigningrequests CertificateSigningRequest certificatesigningrequest csr cluster cdglpuwx approval:gpu status:gpu
certificates.k8s.io v1beta1,v1alpha1 clustertrustbundles ClusterTrustBundle clustertrustbundle - cluster cdglpuwx
certificates.k8s.io v1beta1 podcertificaterequests PodCertificateRequest podcertificaterequest - namespaced cdglpuwx status:gpu
coordination.k8s.io v1beta1,v1alpha2 leasecandidates LeaseCandidate leasecandidate - namespaced cdglpuwx
coordination.k8s.io v1 leases Lease lease - namespaced cdglpuwx
discovery.k8s.io v1 endpointslices EndpointSlice endpointslice - namespaced cdglpuwx
events.k8s.io v1 events Event event ev namespaced cdglpuwx
flowcontrol.apiserver.k8s.io v1 flowschemas FlowSchema flowschema - cluster cdglpuwx status:gpu
flowcontrol.apiserver.k8s.io v1 prioritylevelconfigurations PriorityLevelConfiguration prioritylevelconfiguration - cluster cdglpuwx status:gpu
internal.apiserver.k8s.io v1alpha1 storageversions StorageVersion storageversion - cluster cdglpuwx status:gpu
networking.k8s.io v1 ingressclasses IngressClass ingressclass - cluster cdglpuwx
networking.k8s.io v1 ingresses Ingress ingress ing namespaced cdglpuwx status:gpu
networking.k8s.io v1,v1beta1 ipaddresses IPAddress ipaddress ip cluster cdglpuwx
networking.k8s.io v1 networkpolicies NetworkPolicy networkpolicy netpol namespaced cdglpuwx
networking.k8s.io v1,v1beta1 servicecidrs ServiceCIDR servicecidr - cluster cdglpuwx status:gpu
node.k8s.io v1 runtimeclasses RuntimeClass runtimeclass - cluster cdglpuwx
policy v1 poddisruptionbudgets PodDisruptionBudget poddisruptionbudget pdb namespaced cdglpuwx status:gpu
rbac.authorization.k8s.io v1 clusterrolebindings ClusterRoleBinding clusterrolebinding - cluster cdglpuwx
rbac.authorization.k8s.io v1 clusterroles ClusterRole clusterrole - cluster cdglpuwx
rbac.authorization.k8s.io v1 rolebindings RoleBinding rolebinding - namespaced cdglpuwx
rbac.authorization.k8s.io v1 roles Role role - namespaced cdglpuwx
resource.k8s.io v1,v1beta2,v1beta1 deviceclasses DeviceClass deviceclass - cluster cdglpuwx
resource.k8s.io v1beta2,v1alpha3 devicetaintrules DeviceTaintRule devicetaintrule - cluster cdglpuwx status:gpu
resource.k8s.io v1,v1beta2,v1beta1 resourceclaims ResourceClaim resourceclaim - namespaced cdglpuwx status:gpu
resource.k8s.io v1,v1beta2,v1beta1 resourceclaimtemplates ResourceClaimTemplate resourceclaimtemplate - namespaced cdglpuwx
resource.k8s.io v1alpha3 resourcepoolstatusrequests ResourcePoolStatusRequest resourcepoolstatusrequest - cluster cdglpuwx status:gpu
resource.k8s.io v1,v1beta2,v1beta1 resourceslices ResourceSlice resourceslice - cluster cdglpuwx
scheduling.k8s.io v1alpha2 podgroups PodGroup podgroup - namespaced cdglpuwx status:gpu
scheduling.k8s.io v1 priorityclasses PriorityClass priorityclass pc cluster cdglpuwx
scheduling.k8s.io v1alpha2 workloads Workload workload - namespaced cdglpuwx
storage.k8s.io v1 csidrivers CSIDriver csidriver - cluster cdglpuwx
storage.k8s.io v1 csinodes CSINode csinode - cluster cdglpuwx
storage.k8s.io v1 csistoragecapacities CSIStorageCapacity csistoragecapacity - namespaced cdglpuwx
storage.k8s.io v1 storageclasses StorageClass storageclass sc cluster cdglpuwx
storage.k8s.io v1 volumeattachments VolumeAttachment volumeattachment - cluster cdglpuwx status:gpu
storage.k8s.io v1,v1beta1 volumeattributesclasses VolumeAttributesClass volumeattributesclass vac cluster cdglpuwx
storagemigration.k8s.io v1beta1 storageversionmigrations StorageVersionMigration storageversionmigration - cluster cdglpuwx status:gpu
"""
